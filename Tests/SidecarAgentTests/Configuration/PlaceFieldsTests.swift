import ConfigSchema
import Testing
import Transfer

@testable import SidecarAgent

/// What entries say of their places.
struct PlaceFieldsTests {
    private func load(_ text: String) throws(ConfigurationError) -> AgentConfiguration {
        try ConfigurationSources(environment: ["KPIPE_CONFIG": text, "BUCKET_KEY": "alias/mine"]).load()
    }

    @Test func `every field reaches the transfer`() throws {
        let configuration = try load(
            """
            inputs:
            - {from: "s3://b/k?versionId=7", endpoint: "https://minio.example", region: r, anonymous: true,
               requesterPays: true, fips: true, dualStack: true, customerKeyFile: /key}
            - {from: s3://b/k, profile: other}
            outputs:
            - {from: '**', to: s3://b/o/, storageClass: STANDARD_IA, encryption: aws:kms, kmsKey: '{env.BUCKET_KEY}',
               acl: private, tags: {team: a}, contentType: text/csv, metadata: {origin: step}}
            """)
        let first = InputRequest(configuration.inputs[0]).settings
        #expect(
            first.given == [.endpoint, .region, .anonymous, .requesterPays, .fips, .dualStack, .customerKeyFile])
        #expect(first.endpoint == "https://minio.example" && first.region == "r" && first.customerKeyFile == "/key")
        #expect(InputRequest(configuration.inputs[1]).settings.profile == "other")
        let stored = OutputRequest(configuration.outputs[0])
        #expect(stored.settings.given == [.storageClass, .encryption, .kmsKey, .acl, .tags, .contentType, .metadata])
        #expect(stored.settings.kmsKey == "alias/mine" && stored.settings.tags == ["team": "a"])
        // The manifest goes the way of the outputs that it lists.
        #expect(ManifestLocation.places(for: [stored]).map(\.settings) == [stored.settings])
    }

    @Test(arguments: [
        ("outputs: [{from: a, to: gs://b/o/, acl: private}]", "outputs[0].acl"),
        ("outputs: [{from: a, to: az://acc/c/o/, encryption: AES256}]", "outputs[0].encryption"),
        ("inputs: [{from: https://h/x, region: r}]", "inputs[0].region"),
        ("outputs: [{from: a, to: s3://b/o/, kmsKey: k}]", "outputs[0].kmsKey"),
        ("outputs: [{from: a, to: s3://b/o/, encryption: rot13}]", "outputs[0].encryption"),
        ("inputs: [{from: s3://b/k, customerKeyFile: key}]", "inputs[0].customerKeyFile"),
        ("inputs: [{from: s3://b/k, endpoint: minio}]", "inputs[0].endpoint"),
        ("inputs: [{from: s3://b/k, profile: p, anonymous: true}]", "inputs[0].profile"),
    ])
    func `what cannot be is refused by its path`(text: String, path: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try load(text) }
        #expect(error?.problems.map(\.path) == [path])
    }
}
