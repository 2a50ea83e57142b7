internal import Basics
package import ConfigSchema
internal import YAMLTree

extension TerminatorConfiguration {
    /// Far beyond any configuration a person writes.
    private static let limits = YAMLLimits(bytes: 1 << 20, depth: 32, nodes: 50_000)

    /// Reads, decodes and checks a file; the error lists everything that is wrong.
    package init(file: String) throws(ConfigurationError) {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.bytes(file, limit: Self.limits.bytes)
        } catch {
            throw ConfigurationError(source: file, problems: [.init(path: "", message: "\(error)")])
        }
        try self.init(parsing: bytes, source: file)
    }

    /// - Parameter source: what the document is called in messages.
    package init(parsing bytes: [UInt8], source: String) throws(ConfigurationError) {
        let document: YAMLNode
        do throws(YAMLError) {
            document = try YAMLNode(parsing: bytes, limits: Self.limits)
        } catch {
            throw ConfigurationError(
                source: source, problems: [.init(path: "", mark: error.mark, message: error.message)])
        }
        var decoding = Decoding()
        let isEmpty = document.scalar?.isNull == true
        let configuration = isEmpty ? Self() : Shape<Self>.object().decode(document, &decoding)
        guard let configuration, decoding.problems.isEmpty else {
            throw ConfigurationError(source: source, problems: decoding.problems)
        }
        self = configuration
    }
}
