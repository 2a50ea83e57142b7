/// A real web server that serves the files in `root`.
package final class Nginx: Sendable {
    /// What the server does beyond serving files; add to it rather than writing a configuration of your own.
    package struct Options: Sendable {
        package var certificates: Certificates?
        /// Needs `certificates`.
        package var http2 = false
        /// Paths of another certificate than the server's of `certificates`, and of its key.
        package var identity: (certificate: String, key: String)?
        /// Refuses clients without a certificate of the same authority.
        package var demandsClientCertificate = false
        /// Bytes a second for each connection.
        package var rate: Int?
        /// Off: every answer is the whole file with status 200.
        package var ranges = true
        /// Seconds after which idle connections are closed.
        package var keepAlive = 75
        /// User and password for basic authorisation of everything.
        package var user: (name: String, password: String)?
        /// More directives for the server block.
        package var directives: [String] = []

        package init(certificates: Certificates? = nil) { self.certificates = certificates }
    }

    package let port: Int
    package let server: ServerProcess
    private let scheme: String

    /// The folder that is served; write into it at any time.
    package var root: String { server.folder["root"] }
    package func url(_ path: String) -> String { "\(scheme)://localhost:\(port)/\(path)" }

    /// One line for each request: `METHOD /path STATUS BYTES "RANGE" HTTP/x`.
    package var requests: [String] {
        ((try? server.folder.text("access.log")) ?? "").split(separator: "\n").map(String.init)
    }

    package static func start(_ options: Options = Options()) async throws -> Nginx {
        var tries = 1
        while true {
            do { return try await Nginx(options) } catch {
                // The port may have been taken between the look and the start.
                guard tries < 3 else { throw error }
                tries += 1
            }
        }
    }

    private init(_ options: Options) async throws {
        let folder = try TemporaryFolder("nginx")
        port = try freePorts(1)[0]
        scheme = options.certificates == nil ? "http" : "https"
        _ = try folder.makeFolder("root")
        _ = try folder.makeFolder("temporary")
        if let user = options.user { try folder.write("\(user.name):{PLAIN}\(user.password)\n", to: "users") }
        let configuration = try folder.write(
            Self.configuration(options, port: port, folder: folder.path), to: "nginx.conf")
        server = try ServerProcess(
            Tool.nginx.requiredPath(), ["-e", folder["log"], "-p", folder.path, "-c", configuration], in: folder)
        try await server.whenReady { [port] in accepts(port) }
    }

    private static func configuration(_ options: Options, port: Int, folder: String) -> String {
        var lines = options.directives
        if let certificates = options.certificates {
            let identity = options.identity ?? (certificates.serverCertificate, certificates.serverKey)
            lines += ["ssl_certificate \(identity.certificate);", "ssl_certificate_key \(identity.key);"]
            if options.demandsClientCertificate {
                lines += ["ssl_client_certificate \(certificates.authority);", "ssl_verify_client on;"]
            }
        }
        if let rate = options.rate { lines.append("limit_rate \(rate);") }
        if !options.ranges { lines.append("max_ranges 0;") }
        if options.user != nil { lines += ["auth_basic test;", "auth_basic_user_file \(folder)/users;"] }
        let listening =
            "127.0.0.1:\(port)" + (options.certificates == nil ? "" : " ssl") + (options.http2 ? " http2" : "")
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder)/temporary;" }
        return """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            events { worker_connections 1024; }
            http {
                log_format short '$request_method $request_uri $status $body_bytes_sent "$http_range" $server_protocol';
                access_log \(folder)/access.log short;
                default_type application/octet-stream;
                keepalive_timeout \(options.keepAlive);
                sendfile on;
                \(temporary.joined(separator: "\n    "))
                server {
                    listen \(listening);
                    root \(folder)/root;
                    \(lines.joined(separator: "\n        "))
                }
            }
            """
    }
}
