import TestSupport
import Testing

@testable import KubeClient

@Suite struct PEMTests {
    @Test func knowsPairsThatBelongTogether() async throws {
        let (one, other) = (try await Certificates(), try await Certificates())
        let certificate = try one.folder.read("client.crt")
        let identity = try ClientIdentity(certificate: certificate, key: try one.folder.read("client.key"))
        let left = identity.expiry - systemTime()
        #expect((1...2 * 86_400 + 60).contains(left))

        let strangersKey = try other.folder.read("client.key")
        let strangers = #expect(throws: PEM.Failure.self) {
            try ClientIdentity(certificate: certificate, key: strangersKey)
        }
        #expect(strangers?.reason == "client certificate and client key do not belong together")
    }

    @Test func refusesWhatIsBroken() async throws {
        let certificate = try await Certificates().folder.read("client.crt")
        let noKey = #expect(throws: PEM.Failure.self) {
            try ClientIdentity(certificate: certificate, key: certificate)
        }
        #expect(noKey?.reason == "the client key cannot be read (PEM; without a passphrase)")
        let none = #expect(throws: PEM.Failure.self) { try ClientIdentity(certificate: [], key: certificate) }
        #expect(none?.reason == "there is no client certificate in it (PEM)")
        let bundle = certificate + certificate.prefix(60) + certificate.dropFirst(70)
        let broken = #expect(throws: PEM.Failure.self) { try PEM.checkAuthorities(bundle) }
        #expect(broken?.reason == "certificate 2 in it is broken (PEM)")
    }

    @Test(arguments: [(0, "1970-01-01"), (1_795_203_600, "2026-11-20")])
    func writesDays(time: Int64, day: String) {
        #expect(PEM.day(time) == day)
    }
}
