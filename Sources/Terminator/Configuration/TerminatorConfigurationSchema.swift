internal import Configuration
internal import YAMLTree

/// The JSON Schema of the terminator's configuration, made from the decoder's own fields.
public enum TerminatorConfigurationSchema {
    /// Checked in at `docs/schema/terminator-config.schema.json`; `kpipe-sidecar schema terminator` prints it.
    public static var text: String {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "Configuration of kpipe-sidecar terminator"),
        ]
        return JSONValue.object(head + Shape<TerminatorConfiguration>.object().schema).prettyText
    }
}
