import Basics
import FakeKube
import HTTPTransport
import Testing
import YAMLTree

/// A story of requests with what any API server has to answer, told to the fake one and to a real one.
///
/// In targets, bodies and expectations `{ns}` stands for a namespace of the story's own, `{name}` for what an earlier
/// step has saved under that name.
struct ContractCase: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        var method: String
        var target: String
        var body: JSONValue?
        var type: String
        var headers: [String: String]
        var token: String?
        var status: Int
        /// Members that the answer must have, with these values. A text `*` matches any text but the empty one, `…` at
        /// the end anything from there on; `null` a member that is missing; lists match element by element.
        var expected: JSONValue?
        /// Paths of texts in the answer, by the name under which they are kept.
        var saves: [String: String]
    }

    var name: String
    var steps: [Step]

    init(_ name: String, _ steps: Step...) {
        self.name = name
        self.steps = steps
    }

    var testDescription: String { name }

    func run(_ api: Exchange, as others: (String) -> Exchange, namespace: String) async throws {
        var saved = ["ns": namespace]
        for (index, step) in steps.enumerated() {
            let exchange = step.token.map(others) ?? api
            let (status, body) = try await exchange.send(
                step.method, Self.filled(step.target, saved), step.body.map { Self.filled($0, saved) }, type: step.type,
                headers: step.headers)
            let place = "step \(index + 1), \(step.method) \(step.target)"
            #expect(status == step.status, "\(place): \(body.text.prefix(1000))")
            for difference in step.expected.map({ Self.differences(Self.filled($0, saved), body, at: "") }) ?? [] {
                Issue.record("\(place): \(difference)")
            }
            for (name, path) in step.saves { saved[name] = body.text(at: path) ?? "" }
        }
    }

    private static func filled(_ text: String, _ saved: [String: String]) -> String {
        saved.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    private static func filled(_ value: JSONValue, _ saved: [String: String]) -> JSONValue {
        switch value {
        case .string(let text): .string(filled(text, saved))
        case .array(let elements): .array(elements.map { filled($0, saved) })
        case .object(let members):
            .object(members.map { JSONValue.Member($0.name, filled($0.value, saved)) })
        default: value
        }
    }

    private static func differences(_ expected: JSONValue, _ found: JSONValue?, at path: String) -> [String] {
        switch (expected, found) {
        case (.null, nil), (.null, .null?): return []
        case (.string("*"), .string(let text)?) where !text.isEmpty: return []
        case (.string(let text), .string(let other)?) where text.hasSuffix("…") && other.hasPrefix(text.dropLast()):
            return []
        case (.object(let members), .object?):
            return members.flatMap { differences($0.value, found?[$0.name], at: "\(path).\($0.name)") }
        case (.array(let elements), .array(let others)?) where elements.count == others.count:
            return elements.indices.flatMap { differences(elements[$0], others[$0], at: "\(path)[\($0)]") }
        case (_, let found?) where expected.isEquivalent(to: found): return []
        default: return ["\(path) is \(found?.text ?? "missing"), not \(expected.text)"]
        }
    }
}

extension ContractCase.Step {
    static func call(
        _ method: String, _ target: String, _ body: JSONValue? = nil, type: String = "application/json",
        headers: [String: String] = [:], as token: String? = nil, _ status: Int, _ expected: JSONValue? = nil,
        saves: [String: String] = [:]
    ) -> Self {
        Self(
            method: method, target: target, body: body, type: type, headers: headers, token: token, status: status,
            expected: expected, saves: saves)
    }

    static func get(_ target: String, _ status: Int = 200, _ expected: JSONValue? = nil, saves: [String: String] = [:])
        -> Self
    {
        call("GET", target, nil, status, expected, saves: saves)
    }

    static func post(_ target: String, _ body: JSONValue, _ status: Int = 201, _ expected: JSONValue? = nil) -> Self {
        call("POST", target, body, status, expected)
    }

    static func delete(
        _ target: String, _ body: JSONValue? = nil, _ status: Int = 200, _ expected: JSONValue? = nil
    ) -> Self {
        call("DELETE", target, body, status, expected)
    }

    static func merge(_ target: String, _ body: JSONValue, _ status: Int = 200, _ expected: JSONValue? = nil) -> Self {
        call("PATCH", target, body, type: "application/merge-patch+json", status, expected)
    }

    static func json(_ target: String, _ body: JSONValue, _ status: Int = 200, _ expected: JSONValue? = nil) -> Self {
        call("PATCH", target, body, type: "application/json-patch+json", status, expected)
    }

    static func strategic(_ target: String, _ body: JSONValue, _ status: Int = 200, _ expected: JSONValue? = nil)
        -> Self
    {
        call("PATCH", target, body, type: "application/strategic-merge-patch+json", status, expected)
    }

    static func apply(
        _ target: String, _ body: JSONValue, manager: String, force: Bool = false, _ status: Int = 200,
        _ expected: JSONValue? = nil
    ) -> Self {
        call(
            "PATCH", "\(target)?fieldManager=\(manager)&force=\(force)", body, type: "application/apply-patch+yaml",
            status,
            expected)
    }
}
