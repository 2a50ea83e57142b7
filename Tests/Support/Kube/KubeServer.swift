/// An API server that a test talks to, real or not.
package protocol KubeServer: Sendable {
    /// `https://127.0.0.1:6443`, without a slash at the end.
    var url: String { get }
    /// The path of the certificate authority to trust, as PEM; `nil` for plain HTTP.
    var authority: String? { get }
    /// Of an administrator.
    var token: String { get }
}

extension KubeServer {
    /// A kubeconfig for one user, as YAML.
    package func kubeconfig(token: String? = nil, namespace: String = "default") -> String {
        let trust = authority.map { "\n    certificate-authority: \($0)" } ?? ""
        return """
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
            - name: test
              cluster:
                server: \(url)\(trust)
            users:
            - name: test
              user:
                token: \(token ?? self.token)
            contexts:
            - name: test
              context: {cluster: test, user: test, namespace: \(namespace)}

            """
    }
}
