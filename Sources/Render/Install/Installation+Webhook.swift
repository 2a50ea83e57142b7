extension Installation {
    /// The admission webhook: names and numbers that the terminator's configuration decides.
    package struct Webhook: Sendable, Equatable {
        package enum Certificates: Sendable {
            /// The terminator's own, in a Secret that it keeps.
            case own
            /// cert-manager's.
            case certManager
            /// Somebody's, in a Secret that is there.
            case given
        }

        package var port: Int
        /// Where reviews are posted.
        package var path: String
        package var certificates: Certificates
        /// Where a certificate that is not our own is mounted.
        package var certificateFolder: String
        package var service: String
        package var secret: String
        /// The name of the MutatingWebhookConfiguration.
        package var configuration: String
        /// How long the API server waits.
        package var timeoutSeconds: Int
        /// The label that asks for conversion, and its values.
        package var label: String
        package var enabled: String
        package var disabled: String
        /// The label that holds a namespace's name.
        package var nameLabel: String
        /// Namespaces whose pods are never changed, beside our own.
        package var excludedNamespaces: [String]

        package init(
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
