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
        try await pages(of: resource) { (body, isFirst) throws(WireError) in
            if isFirst { report = before }
            let page = try WorkloadPage(body, resource)
            for object in page.objects { report.look(at: object, options) }
            return page.continueToken
        }
    }

    private func pages(
        of resource: APIResource, _ read: ([UInt8], _ isFirst: Bool) throws(WireError) -> String
    ) async throws(KubeError) {
        var options = ListOptions()
        options.limit = Self.pageSize
        try await api.pages(of: resource, namespace: namespace, options) { (answer, isFirst) throws(WireError) in
            try read(answer.body, isFirst)
        }
    }

    private func services(_ gaps: inout [String]) async throws(KubeError) -> ServicePorts {
        var services = ServicePorts()
        do throws(KubeError) {
            try await pages(of: Self.services) { (body, isFirst) throws(WireError) in
                if isFirst { services = ServicePorts() }
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
        let nodes: [Node] = try await api.list(.nodes, pageSize: Self.pageSize)
        return nodes.filter { $0.metadata.labels[WellKnownNames.Label.nodeType] != WellKnownNames.Label.virtualKubelet }
            .compactMap { KubeVersion($0.kubeletVersion) }
    }
}
