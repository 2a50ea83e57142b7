import Basics
import YAMLTree

/// `log`, `exec`, `portforward` and `proxy`: what the real server passes on to the kubelet.
extension FakeAPI {
    /// The stream that a request to upgrade leads to. Throws what is to be answered instead.
    func podStream(_ request: KubeRequest) throws(StatusError) -> PodStream {
        let user = try access.authenticate(request)
        guard case .resource(let route) = Route(request.path, in: catalogue), route.type.storage == "pods",
            let subresource = route.subresource, ["exec", "attach", "portforward"].contains(subresource),
            request.method == "GET" || request.method == "POST"
        else { throw .noSuchResource }
        // Since 1.35 an upgrade needs the right to create, whatever its method.
        for verb in request.method == "GET" ? ["get", "create"] : ["create"] {
            try authorize(user, verb, route)
        }
        let pod = try get(route)
        let phase = pod.text(at: "status.phase") ?? ""
        let offered = (request.header("Sec-WebSocket-Protocol") ?? "").split(separator: ",")
            .map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init)
        let known = subresource == "portforward" ? ["v4.channel.k8s.io"] : options.execProtocols
        guard let subprotocol = offered.first(where: known.contains) else {
            throw .badRequest("unable to upgrade: unsupported protocols \(offered), supported protocols \(known)")
        }
        let script = script(route)
        guard subresource != "portforward" else {
            let ports = request.query.filter { $0.name == "ports" }.flatMap { $0.value.split(separator: ",") }
                .compactMap { Int($0) }
            guard !ports.isEmpty else { throw .badRequest("query parameter \"ports\" is required") }
            return PodStream(
                purpose: .portForward(ports.map { ($0, script.ports[$0]) }), subprotocol: subprotocol, wanted: [])
        }
        guard !["Succeeded", "Failed"].contains(phase) else {
            throw .badRequest("cannot exec into a container in a completed pod; current phase is \(phase)")
        }
        let command = request.query.filter { $0.name == "command" }.map(\.value)
        guard !command.isEmpty else { throw .badRequest("you must specify at least 1 command for the container") }
        let call = PodScript.Call(
            pod: pod.text(at: "metadata.name") ?? "", container: try container(request, pod), command: command,
            hasInput: request.flag("stdin"))
        var wanted: Set<PodScript.Run.Stream> = []
        if request.flag("stdout") { wanted.insert(.output) }
        if request.flag("stderr"), !request.flag("tty") { wanted.insert(.error) }
        return PodStream(purpose: .exec(call, script.exec), subprotocol: subprotocol, wanted: wanted)
    }

    func log(_ route: ResourceRoute, _ request: KubeRequest) throws(StatusError) -> KubeAnswer {
        let container = try container(request, try get(route))
        var text = script(route).logs[container] ?? ""
        if let count = request.parameter("tailLines").flatMap(Int.init) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
                text.hasSuffix("\n") ? 1 : 0)
            text = lines.suffix(count).map { $0 + "\n" }.joined()
        }
        return KubeAnswer(200, .bytes(Array(text.utf8), contentType: "text/plain"))
    }

    /// The name may be `pod`, `pod:port` or `scheme:pod:port`.
    func proxy(_ route: ResourceRoute, _ request: KubeRequest) throws(StatusError) -> KubeAnswer {
        var pod = route
        let parts = (route.name ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        pod.name = parts.count == 3 ? parts[1] : parts[0]
        let port = parts.count == 3 ? parts[2] : parts.count == 2 ? parts[1] : "80"
        _ = try get(pod)
        let call = PodScript.ProxyCall(
            method: request.method, port: port, path: "/" + route.rest.joined(separator: "/"), body: request.body)
        guard let (status, body) = script(pod).proxy(call) else {
            throw StatusError(
                503, "ServiceUnavailable",
                "error trying to reach service: dial tcp 10.244.0.2:\(port): connect: connection refused")
        }
        return .text(status, body)
    }

    func script(_ route: ResourceRoute) -> PodScript {
        pods[route.key(route.name ?? "")] ?? anyPod
    }

    private func container(_ request: KubeRequest, _ pod: JSONValue) throws(StatusError) -> String {
        let name = pod.text(at: "metadata.name") ?? ""
        let names = ["containers", "initContainers"]
            .map { list in (pod[path: ["spec", list]]?.array ?? []).compactMap { $0["name"]?.string } }
        if let wanted = request.parameter("container") {
            guard names.joined().contains(wanted) else {
                throw .badRequest("container \(wanted) is not valid for pod \(name)")
            }
            return wanted
        }
        guard names[0].count == 1 else {
            let choice = names[0].joined(separator: " ")
            let inits = names[1].isEmpty ? "" : " or one of the init containers: [\(names[1].joined(separator: " "))]"
            throw .badRequest(
                "a container name must be specified for pod \(name), choose one of: [\(choice)]\(inits)")
        }
        return names[0][0]
    }
}
