import Testing

@testable import KubeClient

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("https://10.0.0.1:6443", "https://10.0.0.1:6443"),
        ("https://api.example.com", "https://api.example.com:443"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://rancher.example/k8s/clusters/c-1/?a=b#c", "https://rancher.example:443/k8s/clusters/c-1"),
        ("https://[fd00::1]:6443", "https://[fd00::1]:6443"),
        ("https://[fd00::1]", "https://[fd00::1]:443"),
        ("HTTPS://host", "https://host:443"),
        ("host:6443", "https://host:6443"),
    ])
    func reads(text: String, expected: String) {
        #expect(ServerAddress(text, secureByDefault: true)?.description == expected)
    }

    @Test(arguments: [
        "", "https://", "ftp://host", "https://user:secret@host", "https://host:0", "https://host:70000",
        "https://fd00::1", "https://[fd00::1", "https://ho st", "https://[fd00::1]x",
    ])
    func refuses(text: String) {
        #expect(ServerAddress(text, secureByDefault: true) == nil)
    }

    @Test func takesPlainTextOnlyWithoutTLSSettings() {
        #expect(ServerAddress("host:8080", secureByDefault: false)?.isSecure == false)
    }
}
