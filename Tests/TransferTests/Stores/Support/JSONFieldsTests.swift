import Testing

@testable import Transfer

struct JSONFieldsTests {
    @Test func `a document is flat`() throws {
        let text = """
            {"a": "x", "n": 12345678901234567890, "t": true, "none": null, "empty": "",
             "in": {"b": "\\u00fc\\"", "deep": {"c": [1, {"d": "e"}, [], {"d": {"f": 2}}]}}}
            """
        let fields = try #require(JSONFields(parsing: Array(text.utf8)))
        #expect(fields["a"] == "x" && fields["n"] == "12345678901234567890" && fields["t"] == "true")
        #expect(fields["none"] == nil && fields["empty"] == nil && fields["in"] == nil)
        #expect(fields["in.b"] == "ü\"")
        #expect(fields.list("in.deep.c").map { $0["d"] ?? $0["d.f"] } == ["e", "2"])
        #expect(fields.within("in")?["b"] == "ü\"" && fields.within("none") == nil)
        #expect(fields.texts == ["a": "x", "empty": ""])
    }

    @Test(arguments: [
        "", "[]", "null", "x", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40),
        String(repeating: "{\"a\":[", count: 40) + String(repeating: "]}", count: 40),
    ])
    func `what is no document`(text: String) { #expect(JSONFields(parsing: Array(text.utf8)) == nil) }
}
