import WorkdirProtocol

/// Which help is wanted, and its text.
package enum HelpTopic: Sendable, Equatable {
    case all
    case run
    case hook
    case probe
    case install

    package var text: String {
        switch self {
        case .all: Self.overview
        case .run: Self.runHelp
        case .hook: Self.hookHelp
        case .probe: Self.probeHelp
        case .install: Self.installHelp
        }
    }

    private static let overview = """
        Runs the program of a step between its inputs and its outputs, in any image.

        USAGE: kpipe-entrypoint COMMAND

        COMMANDS:
          run [OPTIONS] -- COMMAND…      wait for the inputs, run the command, report how it ended
          hook started                   postStart: the main container has started
          probe ready|started|healthy    startup and liveness probes
          install FOLDER                 copy this program into a folder

          --help, -h                     this help; after a command: more about it
          --version                      the version

        EXAMPLES:
          kpipe-entrypoint run --no-output-timeout 30m -- python3 train.py
          kpipe-entrypoint probe healthy

        """

    private static let runHelp = """
        Waits for the inputs, runs the command as its child, and reports how it ended.

        USAGE: kpipe-entrypoint run [OPTIONS] -- COMMAND [ARGUMENT…]

        OPTIONS:
          --workdir DIR                  the shared volume (\(EnvironmentName.workdir), default \(WorkdirPath.defaultRoot))
          --no-output-timeout DURATION   end the command when it prints nothing for so long; 0: never
                                         (\(EnvironmentName.noOutputTimeout), default 0)
          --timestamps iso|elapsed|FORMAT  time of each line of the log, after its prefix; FORMAT as of strftime,
                                         %L milliseconds, always UTC (\(EnvironmentName.timestamps), default none)
          --await-outputs, --no-await-outputs
                                         wait until the agent has stored the outputs, and fail if it could not
                                         (\(EnvironmentName.awaitOutputs), default no)
          --chdir DIR                    where the command starts (default: here)

        The command's output goes to our own and, each line prefixed with 'OUT> ' or 'ERROR> ', to \(WorkdirPath.outputLog);
        its error output also to \(WorkdirPath.outputError). \(EnvironmentName.workdir) is set for it. TERM, INT and QUIT go to its process
        group, other signals to itself. What it leaves running is ended with it.

        EXIT CODE: the command's own; 128+n when signal n ended it; 126, 127 when it cannot be run; the agent's when the
        inputs or the outputs failed (66 missing, 65 corrupt, 74 not stored …); 64 for a wrong command line.

        EXAMPLES:
          kpipe-entrypoint run -- /app/convert --all
          kpipe-entrypoint run --await-outputs --timestamps iso -- sh -c 'sort input/*.csv > output/sorted.csv'
          kpipe-entrypoint run --timestamps '%F %T.%L' --no-output-timeout 1h30m -- ./simulate

        """

    private static let hookHelp = """
        Makes the marker that tells the agent that the main container has started.

        USAGE: kpipe-entrypoint hook started [--workdir DIR]

        EXAMPLE (in a container's specification):
          lifecycle: {postStart: {exec: {command: [/workdir/\(WorkdirPath.entrypoint), hook, started]}}}

        """

    private static let probeHelp = """
        Exits with 0 when the marker is there, 1 otherwise. 'ready' is answered with 0 also when it is known that the inputs
        never will be there: startup is over then. 'healthy' is taken away by being probed: the running entrypoint makes it
        again.

        USAGE: kpipe-entrypoint probe ready|started|healthy [--workdir DIR]

        EXAMPLE (in a container's specification):
          livenessProbe: {exec: {command: [/workdir/\(WorkdirPath.entrypoint), probe, healthy]}, periodSeconds: 30}

        """

    private static let installHelp = """
        Copies this program into a folder, under the name kpipe-entrypoint.

        USAGE: kpipe-entrypoint install FOLDER

        EXAMPLE:
          kpipe-entrypoint install /workdir/\(WorkdirPath.own)

        """
}
