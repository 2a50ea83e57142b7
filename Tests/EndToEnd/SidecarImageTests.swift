import Foundation
import TestSupport
import Testing

/// The sidecar where it is at home: in the image's file system, which has no shell, no more libraries than are loaded,
/// and stand-ins for those that libcurl links and never calls. Laid out by the script that lays out the images.
@Suite(.requiresMounts, .requires(.nginx, .openssl), .serialized)
struct SidecarImageTests {
    private let folder: TemporaryFolder
    private let certificates: Certificates
    private let nginx: Nginx

    init() async throws {
        folder = try TemporaryFolder("image")
        let program = URL(filePath: try Product.sidecar.path)
        try await output(
            Repository.path("scripts/lib/image-layout"), [program.deletingLastPathComponent().path, folder["image"]],
            limit: .seconds(120))
        certificates = try await Certificates()
        nginx = try await Nginx.start(Nginx.Options(certificates: certificates))
        for path in [folder.path, folder["image"]] { chmod(path, 0o755) }
    }

    private var root: String { folder["image/kpipe-sidecar"] }

    private func sidecar(_ arguments: [String], environment: [String: String?] = [:]) async throws -> Finished {
        let clean: [String: String?] = [
            "SSL_CERT_FILE": nil, "AWS_CA_BUNDLE": nil, "CURL_CA_BUNDLE": nil, "no_proxy": "*",
            "LD_LIBRARY_PATH": nil,
        ]
        // As a container runtime does, and gone with the process: Swift finds its arguments in /proc.
        let enter = """
            mkdir -p "$0/proc" && mount --bind /proc "$0/proc" &&
            exec chroot --userspec=65532:65532 "$0" /usr/local/bin/kpipe-sidecar "$@"
            """
        return try await run(
            "unshare", ["--mount", "sh", "-c", enter, root] + arguments,
            environment: clean.merging(environment) { $1 })
    }

    @Test func `https works, and trusts whom it should`() async throws {
        let content = seededBytes(20 << 20)
        try Data(content).write(to: URL(filePath: "\(nginx.root)/o"))
        let strange = try await sidecar(["cp", nginx.url("o"), "/tmp/strange"])
        #expect(strange.status != .exited(0))
        #expect(strange.error.lowercased().contains("certificate"), "\(strange.error)")
        #expect(!folder.exists("image/kpipe-sidecar/tmp/strange"))

        let authority = try String(contentsOfFile: certificates.authority, encoding: .utf8)
        try folder.write(authority, to: "image/kpipe-sidecar/tmp/ca.crt")
        let named = try await sidecar(
            ["cp", nginx.url("o"), "/tmp/named"], environment: ["SSL_CERT_FILE": "/tmp/ca.crt"])
        #expect(named.status == .exited(0), "\(named.error)")
        #expect(try folder.read("image/kpipe-sidecar/tmp/named") == content)

        // The bundle that the image ships is the one that is asked when nothing else is named.
        let bundle = "image/kpipe-sidecar/etc/ssl/certs/ca-certificates.crt"
        try folder.write(try folder.text(bundle) + authority, to: bundle)
        chmod(folder[bundle], 0o644)
        let shipped = try await sidecar(["cp", nginx.url("o"), "/tmp/shipped"])
        #expect(shipped.status == .exited(0), "\(shipped.error)")
        #expect(try folder.read("image/kpipe-sidecar/tmp/shipped") == content)
    }

    @Test func `archives, checksums and manifests need nothing that is missing`() async throws {
        for arguments in [["--version"], ["cp", "--dry-run", "/etc/passwd", "/tmp/"], ["render", "rules"]] {
            let finished = try await sidecar(arguments)
            #expect(finished.status == .exited(0), "\(finished.error)")
            #expect(!finished.output.isEmpty)
        }
        #expect(try await sidecar(["cp", "/etc/passwd", "/etc/"]).status == .exited(77))
    }

    @Test func `the licences of what is in it lie there`() async throws {
        let shipped = try await output(
            "gzip", ["--decompress", "--stdout", "\(root)/usr/share/doc/kpipe-sidecar/NOTICE.gz"])
        #expect(try shipped == String(contentsOfFile: Repository.path("NOTICE"), encoding: .utf8))
        let license = try String(contentsOfFile: Repository.path("LICENSE"), encoding: .utf8)
        for place in ["kpipe-sidecar/usr/share/doc/kpipe-sidecar/LICENSE", "exit/LICENSE"] {
            #expect(try folder.text("image/\(place)") == license)
        }
    }

    @Test func `plain transfers work`() async throws {
        let content = seededBytes(3 << 20)
        let server = try await Nginx.start()
        try Data(content).write(to: URL(filePath: "\(server.root)/o"))
        let finished = try await sidecar(["cp", server.url("o"), "/tmp/plain"])
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(try folder.read("image/kpipe-sidecar/tmp/plain") == content)
    }

    /// A libcurl that wants more, or another version of it, is to be looked at, as `scripts/lib/library-stand-in` says.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["KPIPE_PLAIN"] == nil, "a plain image has no stand-ins"))
    func `each stand-in has just the symbols that libcurl wants of the library`() async throws {
        let loaded = try await loadedLibraries(of: try Product.sidecar.path)
        let curl = try #require(loaded.first { $0.key.hasPrefix("libcurl") }?.value)
        let wanted = try await symbols(["--undefined-only"], of: curl)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/lib").filter { $0.contains(".so") }
        #expect(
            names.map { String($0.prefix { $0 != "." && $0 != "-" }) }.sorted() == [
                "libbrotlidec", "libgssapi_krb5", "libidn2", "liblber", "libldap", "libpsl", "librtmp", "libssh2",
            ])
        for name in names {
            let real = try await symbols(["--defined-only"], of: try #require(loaded[name]))
            let standIn = try await symbols(["--defined-only"], of: "\(root)/lib/\(name)")
            #expect(standIn == wanted.intersection(real), "\(name)")
            #expect(!standIn.isEmpty, "libcurl wants nothing of \(name) any more")
        }
        // Nothing that any library wants is missing.
        let finished = try await sidecar(["--version"], environment: ["LD_BIND_NOW": "1"])
        #expect(finished.status == .exited(0), "\(finished.error)")
    }

    /// Paths by the names that the loader is asked for.
    private func loadedLibraries(of program: String) async throws -> [String: String] {
        let lines = try await output("ldd", [program]).split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(
            lines.filter { $0.count > 2 && $0[1] == "=>" }.map {
                ($0[0].trimmingPrefix("\t").description, String($0[2]))
            }
        ) { $1 }
    }

    /// With their versions: `ldap_init@OPENLDAP_2.5`. The versions' own names are no symbols.
    private func symbols(_ arguments: [String], of library: String) async throws -> Set<String> {
        let lines = try await output("nm", ["--dynamic"] + arguments + [library]).split(separator: "\n")
        return Set(
            lines.map { $0.split(separator: " ") }.filter { $0.dropLast().last != "A" }
                .compactMap { $0.last.map { $0.replacing("@@", with: "@") } }.map(String.init))
    }
}
