import WorkdirProtocol

/// The commands that Kubernetes calls in the main container.
enum MarkerCommands {
    /// What an exec probe takes for "no".
    private static let no: Int32 = 1

    /// postStart. Fails when the marker cannot be made; the kubelet then ends the container.
    static func hookStarted(in workdir: WorkdirFolder) -> Int32 {
        do throws(FileError) {
            try workdir.write("", to: WorkdirPath.started)
            return ExitCode.ok.rawValue
        } catch {
            Console.complain(error.message)
            return ExitCode.inputOutput.rawValue
        }
    }

    /// `healthy` is taken away: the next probe finds it only if somebody has made it again.
    static func probe(_ kind: ProbeKind, in workdir: WorkdirFolder) -> Int32 {
        guard kind == .healthy else { return workdir.exists(kind.name) ? ExitCode.ok.rawValue : no }
        do throws(FileError) {
            return try workdir.remove(kind.name) ? ExitCode.ok.rawValue : no
        } catch {
            Console.complain(error.message)
            return no
        }
    }
}
