import Testing

@testable import KubeClient

@Suite struct PluginWordsTests {
    @Test(arguments: [
        ("login failed\n", "login failed"),
        ("a\u{1B}[31mred\u{1B}[0m", "a[31mred[0m"),
        ("token=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.sig is bad", "… is bad"),
        ("used passw0rd! today", "used … today"),
        ("key 0123456789abcdef0123456789abcdef0123", "key …"),
        ("open /home/user1/.cache/some/very/long/folder/2/3/4/5: no such file", nil),
    ])
    func hidesSecrets(text: String, expected: String?) {
        #expect(PluginWords.excerpt(Array(text.utf8), hiding: ["passw0rd!", "a"]) == expected ?? text)
    }

    @Test func keepsTheEnd() {
        let text = String(repeating: "line of noise\n", count: 1000) + "the reason"
        let excerpt = PluginWords.excerpt(Array(text.utf8), hiding: [])
        #expect(excerpt.hasSuffix("the reason"))
        #expect(excerpt.count <= 600)
    }
}
