extension Installation {
    /// The admission webhook: names and numbers that the terminator's configuration decides.
    public struct Webhook: Sendable, Equatable {
        public enum Certificates: Sendable {
            /// The terminator's own, in a Secret that it keeps.
            case own
            /// cert-manager's.
            case certManager
            /// Somebody's, in a Secret that is there.
            case given
        }

        public var port: Int
        /// Where reviews are posted.
        public var path: String
        public var certificates: Certificates
        /// Where a certificate that is not our own is mounted.
        public var certificateFolder: String
        public var service: String
        public var secret: String
        /// The name of the MutatingWebhookConfiguration.
        public var configuration: String
        /// How long the API server waits.
        public var timeoutSeconds: Int
        /// The label that asks for conversion, and its values.
        public var label: String
        public var enabled: String
        public var disabled: String
        /// The label that holds a namespace's name.
        public var nameLabel: String
        /// Namespaces whose pods are never changed, beside our own.
        public var excludedNamespaces: [String]

        public init(
            port: Int, path: String, certificates: Certificates, certificateFolder: String, service: String,
            secret: String, configuration: String, timeoutSeconds: Int, label: String, enabled: String,
            disabled: String, nameLabel: String, excludedNamespaces: [String]
        ) {
            self.port = port
            self.path = path
            self.certificates = certificates
            self.certificateFolder = certificateFolder
            self.service = service
            self.secret = secret
            self.configuration = configuration
            self.timeoutSeconds = timeoutSeconds
            self.label = label
            self.enabled = enabled
            self.disabled = disabled
            self.nameLabel = nameLabel
            self.excludedNamespaces = excludedNamespaces
        }
    }
}
