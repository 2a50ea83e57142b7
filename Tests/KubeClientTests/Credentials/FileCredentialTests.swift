import Basics
import TestSupport
import Testing

@testable import KubeClient

@Suite struct FileCredentialTests {
    private let folder: TemporaryFolder
    private let clock = VirtualClock()

    init() throws { folder = try TemporaryFolder("credential") }

    private func source(_ identity: FileCredential.IdentityPart? = nil) -> FileCredential {
        FileCredential(
            authorization: .tokenFile(folder["token"], fallback: nil), identity: identity, time: Timepiece(clock))
    }

    @Test func readsARotatedTokenWithinAMinute() throws {
        let source = source()
        try folder.write("one", to: "token")
        #expect(try source.credential().authorization == .bearer("one"))
        try folder.write("two", to: "token")
        clock.advance(by: .seconds(59))
        #expect(try source.credential().authorization == .bearer("one"))
        clock.advance(by: .seconds(1))
        #expect(try source.credential().authorization == .bearer("two"))
    }

    @Test func readsAtOnceWhatWasRefused() throws {
        let source = source()
        try folder.write("one", to: "token")
        let first = try source.credential()
        try folder.write("two", to: "token")
        source.reject(Credential(authorization: .bearer("another")))
        #expect(try source.credential() == first)
        source.reject(first)
        #expect(try source.credential().authorization == .bearer("two"))
    }

    @Test(arguments: ["", "  \n", "two words"])
    func keepsTheLastOneWhileTheFileIsUnusable(content: String) throws {
        let source = source()
        try folder.write("one", to: "token")
        _ = try source.credential()
        try folder.write(content, to: "token")
        clock.advance(by: .seconds(60))
        #expect(try source.credential().authorization == .bearer("one"))
    }

    @Test func saysWhyThereIsNone() throws {
        let source = source()
        let missing = #expect(throws: KubeError.self) { try source.credential() }
        #expect(missing?.description == "read the token \(folder["token"]): No such file or directory")
        try folder.write("\n", to: "token")
        let empty = #expect(throws: KubeError.self) { try source.credential() }
        #expect(empty?.description == "read the token \(folder["token"]): the file is empty")
        #expect(empty?.isTransient == true)
    }

    @Test func fallsBackOnTheConfiguredToken() throws {
        let source = FileCredential(
            authorization: .tokenFile(folder["token"], fallback: "inline"), identity: nil, time: Timepiece(clock))
        #expect(try source.credential().authorization == .bearer("inline"))
    }

    @Test func takesARenewedCertificateOnlyWithItsKey() async throws {
        let (old, new) = (try await Certificates(), try await Certificates())
        func place(_ name: String, from certificates: Certificates) throws {
            try folder.write(try certificates.folder.read(name), to: name)
        }
        for name in ["client.crt", "client.key"] { try place(name, from: old) }
        let source = FileCredential(
            authorization: nil,
            identity: .files(certificate: .file(folder["client.crt"]), key: .file(folder["client.key"])),
            time: Timepiece(clock))
        let first = try source.credential()
        try place("client.crt", from: new)
        clock.advance(by: .seconds(60))
        #expect(try source.credential() == first)
        try place("client.key", from: new)
        clock.advance(by: .seconds(60))
        #expect(try source.credential().identity?.certificate == (try new.folder.read("client.crt")))
    }
}
