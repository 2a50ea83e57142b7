/// The list of everything stored, itself stored last: who finds it finds all that it names.
public struct Manifest: Sendable, Equatable, Codable {
    public static let currentVersion = 1

    /// Of this format.
    public var version: Int
    /// Who made it: `namespace`, `pod`, `uid`, `job`, `epoch` … as far as known.
    public var step: [String: String]
    public var files: [File]
    /// Anything countable worth keeping: `objects`, `bytes`, peaks of the monitor.
    public var summary: [String: String]

    public struct File: Sendable, Equatable, Codable {
        /// Below the folder of outputs.
        public var path: String
        public var url: String
        public var size: Int64
        /// Lower-case hexadecimal.
        public var sha256: String?

        public init(path: String, url: String, size: Int64, sha256: String?) {
            self.path = path
            self.url = url
            self.size = size
            self.sha256 = sha256
        }
    }

    public init(
        version: Int = Manifest.currentVersion, step: [String: String] = [:], files: [File],
        summary: [String: String] = [:]
    ) {
        self.version = version
        self.step = step
        self.files = files
        self.summary = summary
    }
}
