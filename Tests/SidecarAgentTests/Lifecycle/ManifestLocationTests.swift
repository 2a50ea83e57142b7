import Testing
import Transfer

@testable import SidecarAgent

@Suite struct ManifestLocationTests {
    @Test(arguments: [
        ("**", "s3://b/x/", "s3://b/x/kpipe-manifest.json"), ("*.csv", "s3://b/x", "s3://b/x/kpipe-manifest.json"),
        ("dir/", "s3://b/x", "s3://b/x/kpipe-manifest.json"), ("", "s3://b/x", "s3://b/x/kpipe-manifest.json"),
        ("a.csv", "s3://b/x", "s3://b/x.kpipe-manifest.json"), ("a\\*", "s3://b/x", "s3://b/x.kpipe-manifest.json"),
        ("a.csv", "https://h/x?signature=1", nil),
    ])
    func `the manifest lies where the files are`(from: String, target: String, url: String?) {
        let places = ManifestLocation.places(for: [OutputRequest(from: from, to: target)])
        #expect(places.map(\.url) == (url.map { [$0] } ?? []))
    }

    @Test func `what is packed is one object, and its manifest lies beside it`() {
        var output = OutputRequest(from: "**", to: "s3://b/out.tar.zst")
        output.pack = .tarZstandard
        #expect(ManifestLocation.places(for: [output]).map(\.url) == ["s3://b/out.tar.zst.kpipe-manifest.json"])
        for folder in ["s3://b/x", "s3://b/x/"] {
            #expect(ManifestLocation.url(in: folder) == "s3://b/x/kpipe-manifest.json")
        }
    }
}
