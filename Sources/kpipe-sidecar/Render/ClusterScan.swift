import Basics
import Conversion
import KubeClient
import KubeModel
import PodRules
import Render
import YAMLTree

/// Reads a cluster's workloads page by page, and changes nothing.
struct ClusterScan {
    let api: any KubeAPI
    /// Empty for all.
    let namespace: String
    var options: ConversionOptions

    /// Objects in one answer: so many that asking costs little, and so few that they are no burden.
    private static let pageSize = 250
    private static let services = APIResource(group: "", version: "v1", plural: "services", kind: "Service")

    func report() async throws(KubeError) -> ScanReport {
        let discovery = Discovery(api)
        var options = options
        let server = try await discovery.version()
        var gaps: [String] = []
        if options.kubeVersion == nil {
            var versions = [KubeVersion(server.text) ?? KubeVersion(server.major, server.minor)]
            do throws(KubeError) { versions += try await kubelets() } catch {
                guard error.status?.code == 403 else { throw error }
                gaps.append("nodes may not be read: their releases are taken for the server's")
            }
            options.kubeVersion = versions.min()
        }
        if options.detectsKnown { options.services = try await services(&gaps) }
        var report = ScanReport(version: options.kubeVersion.map { "Kubernetes \($0)" } ?? "an unknown release")
        let served = try await discovery.groupVersions()
        for (group, kinds) in PodKind.workloads {
            // The preferred version of a group comes first, but need not serve each of its kinds.
            var kinds = kinds
            for version in served where Self.group(of: version) == group && !kinds.isEmpty {
                let resources = try await discovery.resources(
                    group: group, version: String(version.split(separator: "/").last ?? "")
                ).filter { kinds.contains($0.resource.kind) && $0.verbs.contains("list") }
                kinds.subtract(resources.map(\.resource.kind))
                for served in resources {
                    do throws(KubeError) { try await look(at: served.resource, options, &report) } catch {
                        guard error.status?.code == 403 else { throw error }
                        gaps.append("\(served.resource.plural) may not be read")
                    }
                }
            }
        }
        report.gaps = gaps
        report.sort()
        return report
    }

    private static func group(of version: String) -> String {
        version.lastIndex(of: "/").map { String(version[..<$0]) } ?? ""
    }

    private func look(
        at resource: APIResource, _ options: ConversionOptions, _ report: inout ScanReport
    ) async throws(KubeError) {
        let before = report
        do throws(KubeError) {
            try await pages(of: resource) { (body) throws(WireError) in
                let page = try WorkloadPage(body, resource)
                for object in page.objects { report.look(at: object, options) }
                return page.continueToken
            }
        } catch {
            // A list that took too long for its version is read again, whole.
            guard error.status?.code == 410 else { throw error }
            report = before
            try await pages(of: resource, size: 0) { (body) throws(WireError) in
                for object in try WorkloadPage(body, resource).objects { report.look(at: object, options) }
                return ""
            }
        }
    }

    /// - Parameter read: takes a page, and returns the token of the next.
    private func pages(
        of resource: APIResource, size: Int = pageSize, _ read: ([UInt8]) throws(WireError) -> String
    ) async throws(KubeError) {
        var options = ListOptions()
        options.limit = size
        while true {
            let body = try await api.send(.list(resource, namespace: namespace, options)).body
            do throws(WireError) {
                let token = try read(body)
                guard !token.isEmpty else { return }
                options = options.continued(with: token)
            } catch {
                throw KubeError(attempted: "list \(resource.plural)", reason: .malformed("\(error)"))
            }
        }
    }

    private func services(_ gaps: inout [String]) async throws(KubeError) -> ServicePorts {
        var services = ServicePorts()
        do throws(KubeError) {
            try await pages(of: Self.services) { (body) throws(WireError) in
                services.add(body)
                return try WorkloadPage(body, Self.services).continueToken
            }
        } catch {
            guard error.status?.code == 403 else { throw error }
            gaps.append("services may not be read: where they lead is not known")
        }
        return services
    }

    /// Releases of the nodes that are machines.
    private func kubelets() async throws(KubeError) -> [KubeVersion] {
        var versions: [KubeVersion] = []
        var options = ListOptions()
        options.limit = Self.pageSize
        while true {
            let body = try await api.send(.list(.nodes, options)).body
            guard let list = try? YAMLNode(parsing: body) else {
                throw KubeError(attempted: "list nodes", reason: .malformed("the answer cannot be read"))
            }
            for node in list["items"]?.sequence ?? [] {
                let kind = node["metadata"]?["labels"]?[WellKnownNames.Label.nodeType]?.text
                guard kind != WellKnownNames.Label.virtualKubelet else { continue }
                let text = node["status"]?["nodeInfo"]?["kubeletVersion"]?.text
                if let version = text.flatMap({ KubeVersion($0) }) { versions.append(version) }
            }
            guard let token = list["metadata"]?["continue"]?.text, !token.isEmpty else { return versions }
            options = options.continued(with: token)
        }
    }
}
