import TestSupport
import Testing

@testable import Admission

@Suite struct CertificateIssuerTests {
    static let now: Int64 = 1_800_000_000
    static let plan = CertificatePlan(names: ["webhook.team.svc", "127.0.0.1", "::1"])

    static func made(
        _ steps: [CertificatePlan.Step] = [.startAnew], at time: Int64 = now
    ) throws -> CertificateMaterial {
        var material = CertificateMaterial()
        for step in steps { material = try CertificateIssuer(plan).perform(step, on: material, now: time) }
        return material
    }

    @Test func whatIsMadeIsReadBack() throws {
        let state = CertificateReader(Self.plan).state(of: try Self.made())
        let authority = try #require(state.authorities.first)
        #expect(state.authorities.count == 1)
        #expect(state.canSign)
        #expect(authority.start == Self.now)
        #expect(authority.end == Self.now + Self.plan.rules.authorityLife)
        #expect(state.leaf?.start == Self.now)
        #expect(state.leaf?.end == Self.now + Self.plan.rules.leafLife)
        #expect(state.leaf?.names == Self.plan.names)
        #expect(state.leaf?.issuer == authority.id)
        #expect(Self.plan.step(state, at: Self.now) == .wait(until: Self.now + 60 * 86_400))
    }

    /// Another program's judgement, the strict one.
    @Test(.requires(.openssl)) func opensslTrustsIt() async throws {
        let material = try Self.made([.startAnew, .addAuthority])
        let folder = try TemporaryFolder("issuer")
        let bundle = try folder.write(material.bundle, to: "ca.crt")
        let leaf = try folder.write(material.leaf, to: "tls.crt")
        let openssl = try #require(Tool.openssl.path)
        for name in ["-verify_hostname webhook.team.svc", "-verify_ip 127.0.0.1", "-verify_ip ::1"] {
            let options = name.split(separator: " ").map(String.init)
            let verdict = try await output(
                openssl,
                ["verify", "-x509_strict", "-purpose", "sslserver", "-attime", "\(Self.now)", "-CAfile", bundle]
                    + options + [leaf])
            #expect(verdict.hasSuffix("OK\n"))
        }
        let text = try await output(openssl, ["x509", "-in", leaf, "-noout", "-text"])
        #expect(text.contains("ASN1 OID: prime256v1"))
        #expect(text.contains("ecdsa-with-SHA256"))
        let wrong = try await run(
            openssl, ["verify", "-attime", "\(Self.now)", "-CAfile", bundle, "-verify_hostname", "other", leaf])
        #expect(!wrong.status.isSuccess)
    }

    @Test func aNewAuthoritySignsAndTheOldOneIsDropped() throws {
        let first = try Self.made()
        let issuer = CertificateIssuer(Self.plan)
        let reader = CertificateReader(Self.plan)
        let old = try #require(reader.state(of: first).authorities.first?.id)
        let both = try issuer.perform(.addAuthority, on: first, now: Self.now + 5)
        #expect(both.leaf == first.leaf)
        #expect(reader.state(of: both).leaf?.issuer == old)
        let renewed = try issuer.perform(.issueLeaf, on: both, now: Self.now + 700)
        #expect(reader.state(of: renewed).leaf?.issuer != old)
        let alone = try issuer.perform(.dropAuthorities([old]), on: renewed, now: Self.now + 1400)
        #expect(alone.authorities == [renewed.authorities[0]])
        #expect(reader.state(of: alone).canSign)
    }

    /// Whatever somebody has done to the Secret, the plan gets out of it, and what is then there is sound.
    @Test(
        arguments: [
            \CertificateMaterial.authorityKey, \CertificateMaterial.leaf, \CertificateMaterial.leafKey,
        ] as [any WritableKeyPath<CertificateMaterial, String> & Sendable], ["", "nonsense", "\u{0}"])
    func damageIsMended(part: any WritableKeyPath<CertificateMaterial, String> & Sendable, value: String) throws {
        var material = try Self.made()
        material[keyPath: part] = value
        for _ in 0..<3 {
            let step = Self.plan.step(CertificateReader(Self.plan).state(of: material), at: Self.now)
            material = try CertificateIssuer(Self.plan).perform(step, on: material, now: Self.now)
        }
        let state = CertificateReader(Self.plan).state(of: material)
        guard case .wait = Self.plan.step(state, at: Self.now) else {
            Issue.record("not mended")
            return
        }
    }

    @Test func keysOfOthersDoNotFit() throws {
        var material = try Self.made()
        material.leafKey = try Self.made().leafKey
        #expect(CertificateReader(Self.plan).state(of: material).leaf == nil)
        #expect(CertificateReader.expiry(of: material.identity) == nil)
        #expect(throws: CertificateFailure.self) { try ServingCertificate().serve(material.identity) }
    }

    @Test func bundlesAreSplit() throws {
        let material = try Self.made([.startAnew, .addAuthority])
        #expect(CertificateReader.split("# comment\n" + material.bundle) == material.authorities)
        #expect(CertificateReader.split("") == [])
        #expect(CertificateReader.split("-----BEGIN CERTIFICATE-----\nAA") == [])
    }
}
