import Foundation
import Testing

@testable import SidecarAgent

@Suite struct AgentConfigurationSchemaTests {
    static let checkedIn = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/schema/agent-config.schema.json")

    @Test func `the schema checked in is the decoder's own`() throws {
        let text = try String(contentsOf: Self.checkedIn, encoding: .utf8)
        #expect(
            text == AgentConfigurationSchema.text,
            "write it anew: kpipe-sidecar schema agent > docs/schema/agent-config.schema.json")
    }

    @Test func `the schema names types, defaults and what must be given`() throws {
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(AgentConfigurationSchema.text.utf8)) as? [String: Any])
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(schema["additionalProperties"] as? Bool == false)
        #expect(properties["port"]?["default"] as? Int == 9797)
        #expect(properties["grace"]?["default"] as? String == "30s")
        let input = try #require(properties["inputs"]?["items"] as? [String: Any])
        #expect(input["required"] as? [String] == ["from"])
        let output = try #require(properties["outputs"]?["items"] as? [String: Any])
        let when = try #require((output["properties"] as? [String: [String: Any]])?["when"])
        #expect(when["enum"] as? [String] == ["always", "success", "failure"])
        #expect(when["default"] as? String == "always")
    }
}
