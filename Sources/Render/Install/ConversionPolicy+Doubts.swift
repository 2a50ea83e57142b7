internal import Conversion
internal import KubeModel
internal import PodRules

/// What CEL cannot decide, so that a pod is left as it is.
extension ConversionPolicy {
    /// Whether the pod is left as it is: nothing to convert, or something that CEL cannot decide.
    func left(_ names: [String], _ images: [String]) -> String {
        let prefixes = [
            WellKnownNames.Annotation.quit, WellKnownNames.Annotation.argoKillPrefix, WellKnownNames.prefix + "linger",
        ]
        let keys = rules.primaryAnnotations + [WellKnownNames.Annotation.mirror]
        return """
            size(variables.sidecars) == 0 || size(variables.mains) == 0 ||
            variables.listed.exists(n, !(variables.containers + variables.inits).exists(c, c.name == n)) ||
            variables.annotations.exists(k, k in \(Self.list(keys)) || \(Self.list(prefixes)).exists(p, k.startsWith(p))) ||
            variables.annotations[?'\(WellKnownNames.Annotation.terminator)'].orValue('') == 'disabled' ||
            variables.containers.exists(c, c.name in \(Self.list(names)) ||
              c.image.matches('(^|/)(\(images.joined(separator: "|")))([:@]|$)') ||
              has(c.lifecycle) && has(c.lifecycle.preStop) &&
              (has(c.lifecycle.preStop.sleep) || \(Self.hook).contains('sleep '))) ||
            variables.sidecars.exists(c, has(c.lifecycle) && has(c.lifecycle.preStop) && \(Self.ends) && !\(Self.quits)) ||
            variables.sidecars.exists(c, has(c.restartPolicy) || has(c.restartPolicyRules) ||
              \(Self.words(of: "c")).exists(w, \(Self.drains) || \(Self.forwards)) || \(Self.passesOn) || \(Self.waits) ||
              \(Self.hides)) ||
            variables.probes.exists(p, has(p.exec) || has(p.httpGet) && (has(p.httpGet.host) ||
              p.httpGet.path == '\(ProbeTarget.daprHealth)') || has(p.tcpSocket) && has(p.tcpSocket.host)) ||
            variables.asked.exists(p, p in variables.mainPorts || variables.mainLines.exists(l, l.matches(\(Self.listens)))) ||
            (size(variables.inits) > 0 || size(variables.sidecars) > 1) &&
              (variables.inits + variables.sidecars).exists(c, \(Self.words(of: "c")).exists(w, \(Self.local)) ||
                has(c.env) && c.env.exists(e, has(e.value) && e.value.matches(\(Self.loopback))))
            """
    }

    /// What a preStop hook of the container `c` runs or asks.
    private static let hook = """
        ((has(c.lifecycle.preStop.exec) && has(c.lifecycle.preStop.exec.command) ? c.lifecycle.preStop.exec.command.join(' ')
        : '') + (has(c.lifecycle.preStop.httpGet) && has(c.lifecycle.preStop.httpGet.path) ? c.lifecycle.preStop.httpGet.path : ''))
        """
    /// Whether it may end something or wait for its end: that would now end main's sidecar while main still needs it.
    private static let ends = "\(list(HookPurpose.ending)).exists(w, \(hook).contains(w))"
    private static let shell = "^((/[a-z/]+/)?(sh|bash|ash|dash) -c )?(exec )?(/[a-z/]+/)?"
    /// Whether it does nothing else, which CEL sees of a lone signal, or a lone call of a port of the container's own.
    static let quits = """
        (!\(list(HookPurpose.working)).exists(w, \(hook).contains(w)) && (has(c.lifecycle.preStop.exec)
          ? \(hook).matches('\(shell)(kill|pkill|killall)( -(s )?(SIG)?(TERM|INT|KILL|15|2|9))?( -[fx])?( [A-Za-z0-9_.-]+)?$') ||
            \(hook).matches('\(shell)(curl|wget) [^;&|<>$(]+$') && \(called) &&
            has(c.ports) && c.ports.exists(p, \(hook).contains(':' + string(p.containerPort) + '/'))
          : has(c.lifecycle.preStop.httpGet) && \(called) && has(c.ports) && c.ports.exists(p,
              string(p.containerPort) == string(c.lifecycle.preStop.httpGet.port) ||
              has(p.name) && p.name == string(c.lifecycle.preStop.httpGet.port))))
        """
    private static let called = "\(list(HookPurpose.quitting)).exists(w, \(hook).contains(w))"
    /// Whether the sidecar `c` may wait for main before it serves: by its own program, or by a hook that asks something.
    private static let waits = """
        \(words(of: "c")).exists(w, w.matches('(^|[^a-z])(until|while) |\(LocalWords.waiters.joined(separator: "|"))')) ||
        has(c.lifecycle) && has(c.lifecycle.postStart) && (has(c.lifecycle.postStart.httpGet) ||
          has(c.lifecycle.postStart.exec) && has(c.lifecycle.postStart.exec.command) &&
            c.lifecycle.postStart.exec.command.exists(w, \(local) || w.matches('[$]|(^|[^a-z])(until|while) ')))
        """
    /// Flags by which programs wait before they end, so that the grace period would have to be raised.
    private static let drains = "w.matches('max-sigterm-delay|term[_-]timeout|drain-time-s|shutdown-grace-period')"
    static let local = "w.matches(\(loopback))"
    private static let loopback =
        "'localhost|127[.]0[.]0[.]1|(^|[^0-9a-f:])::1([^0-9a-f]|$)|POD_?IP|[$][({]?HOSTNAME|[(]hostname'"
    /// Whether the sidecar `c` may listen on localhost, or may be ready only when main is, which it asks there; or declares a
    /// port of main.
    private static let hides = """
        has(c.env) && (has(c.ports) || has(c.startupProbe) || has(c.readinessProbe)) && c.env.exists(e, has(e.value) &&
          e.value.matches(\(loopback)) && e.name.lowerAscii() != 'no_proxy') ||
        (has(c.startupProbe) || has(c.readinessProbe)) && \(words(of: "c")).exists(w, \(local)) ||
        has(c.ports) && c.ports.exists(p, string(p.containerPort) in variables.mainPorts)
        """
    /// Flags that name a port of main, which a probe of the sidecar may then lead to.
    private static let forwards =
        "w.matches('^(\(ManifestContainer.upstreamFlags.joined(separator: "|")))')"
    /// Whether a main container is told to listen on the port `p`.
    private static let listens = """
        ' ((\(ManifestContainer.portFlags.joined(separator: "|"))) |\
        (\(ManifestContainer.listenFlags.joined(separator: "|"))))' + p + ' '
        """

    static func words(of container: String) -> String {
        "((has(\(container).command) ? \(container).command : []) + (has(\(container).args) ? \(container).args : []))"
    }

    static func probes(of container: String) -> String {
        let probes = ["startupProbe", "readinessProbe", "livenessProbe"].map { "\(container).\($0)" }
        return "[" + probes.map { "has(\($0)) ? [\($0)] : []" }.joined(separator: ", ") + "].flatten()"
    }

    static func ports(of probes: String) -> String {
        """
        \(probes).filter(p, !has(p.exec)).map(p, has(p.httpGet) ? string(p.httpGet.port) :
          has(p.tcpSocket) ? string(p.tcpSocket.port) : string(p.grpc.port))
        """
    }

    /// What proxies serve themselves: paths, and where a path is not enough the ports, or the flag that names one.
    static var proxies: String {
        let proxies = ForwardingProxy.all.map { proxy in
            """
            {'programs': \(list(proxy.programs.sorted())), 'paths': \(list(proxy.paths.sorted())), \
            'ports': \(list(proxy.adminPorts.sorted())), 'flags': \(list(proxy.portFlag.map { [$0] } ?? []))}
            """
        }
        return "[\(proxies.joined(separator: ",\n"))]"
    }

    private static let makers = "((\(ForwardingProxy.makers.joined(separator: "|")))-)*"
    private static let variants = "(-(\(ForwardingProxy.variants.joined(separator: "|"))))*"
    /// Whether the sidecar `c` is a proxy that may pass on to main what would hold main back.
    private static let passesOn = """
        variables.proxies.exists(x,
            x.programs.exists(n, c.name.matches('^\(makers)' + n + '\(variants)$') ||
              c.image.matches('(^|/)\(makers)' + n + '\(variants)([:@/]|$)') ||
              has(c.command) && c.command.map(w, w.matches('(^|/)' + n + '/*$'))[?0].orValue(false)) &&
            [has(c.startupProbe) ? [c.startupProbe] : [], has(c.readinessProbe) ? [c.readinessProbe] : []].flatten().exists(p,
              has(p.grpc) || has(p.httpGet) && !(has(p.httpGet.path) && p.httpGet.path in x.paths &&
                (size(x.ports) == 0 || string(p.httpGet.port) in x.ports) &&
                x.flags.all(f, (f + '=' + string(p.httpGet.port)) in \(words(of: "c"))))))
        """
}
