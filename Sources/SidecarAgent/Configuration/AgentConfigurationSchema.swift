internal import Basics
internal import ConfigSchema
internal import YAMLTree

/// The JSON Schema of the agent's configuration, made from the decoder's own fields.
package enum AgentConfigurationSchema {
    /// Checked in at `docs/schema/agent-config.schema.json`; `kpipe-sidecar schema agent` prints it.
    package static var text: String {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "Configuration of kpipe-sidecar agent"),
        ]
        return JSONValue.object(head + Shape<AgentConfiguration>.object().schema).prettyText
    }
}
