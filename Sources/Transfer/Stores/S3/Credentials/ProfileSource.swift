internal import Basics

/// Carries out what the chosen profile of the shared files says. They are read each time, because whoever keeps keys there
/// that end, such as Vault, replaces them.
struct ProfileSource: AWSCredentialSource {
    var configuration: StoreConfiguration
    var environment: EnvironmentSource
    var container: ContainerSource
    var instance: InstanceSource
    var service: SecurityTokenService
    var runner: any ProcessRunner

    func fetch() async throws(TransferError) -> AWSCredentials? {
        let profiles = try AWSProfiles(configuration)
        guard profiles.isExplicit || profiles[profiles.name] != nil,
            let plan = try CredentialPlan(profile: profiles.name, in: profiles)
        else { return nil }
        return try await fetch(plan)
    }

    private func fetch(_ plan: CredentialPlan) async throws(TransferError) -> AWSCredentials? {
        switch plan {
        case .keys(let credentials): return credentials
        case .process(let command):
            let output = try await runner.output(of: command)
            return try CredentialDocument.credentials(output, from: "credential_process")
        case .webIdentity(let file, let role):
            return try await WebIdentitySource(tokenFile: file, role: role, service: service).fetch()
        case .environment: return try await environment.fetch()
        case .container: return try await container.fetch()
        case .instance: return try await instance.fetch()
        case .assumeRole(let role, let source):
            guard let credentials = try await fetch(source) else {
                throw TransferError(role.arn, .credentials, "there are no credentials to assume the role with")
            }
            return try await service.assumeRole(role, by: credentials)
        }
    }
}

/// How a profile says that credentials are obtained. Pure: nothing is fetched here.
indirect enum CredentialPlan: Sendable, Equatable {
    case keys(AWSCredentials)
    case process(command: String)
    case webIdentity(tokenFile: String, role: Role)
    case assumeRole(Role, source: CredentialPlan)
    /// `credential_source`: what the environment, the container or the instance provides.
    case environment, container, instance

    struct Role: Sendable, Equatable {
        var arn: String
        var session: String?
        var externalID: String?
        /// Seconds.
        var duration: Int?
    }

    /// `nil` where the profile says nothing about credentials. Throws `.configuration` for what cannot be followed.
    init?(profile name: String, in profiles: AWSProfiles) throws(TransferError) {
        guard let plan = try Self.plan(name, profiles, above: []) else { return nil }
        self = plan
    }

    private static func plan(_ name: String, _ profiles: AWSProfiles, above: [String]) throws(TransferError)
        -> CredentialPlan?
    {
        func refuse(_ message: String, hint: String? = nil) -> TransferError {
            TransferError("AWS profile '\(name)'", .configuration, message, hint: hint)
        }
        guard let values = profiles[name] else {
            throw refuse("there is no such profile", hint: "check AWS_PROFILE and AWS_CONFIG_FILE")
        }
        guard !above.contains(name) else {
            throw refuse("its source profiles form a circle: \((above + [name]).joined(separator: " → "))")
        }
        // A profile that names itself as its source means its own keys.
        let keys = staticKeys(values)
        if let arn = values["role_arn"] {
            let role = Role(
                arn: arn, session: values["role_session_name"], externalID: values["external_id"],
                duration: values["duration_seconds"].flatMap { Int($0) })
            guard values["mfa_serial"] == nil else { throw refuse("it needs a one-time password (mfa_serial)") }
            if let file = values["web_identity_token_file"] { return .webIdentity(tokenFile: file, role: role) }
            if let source = values["source_profile"] {
                if source == name, let keys { return .assumeRole(role, source: .keys(keys)) }
                guard let plan = try plan(source, profiles, above: above + [name]) else {
                    throw refuse("its source profile '\(source)' has no credentials")
                }
                return .assumeRole(role, source: plan)
            }
            switch values["credential_source"] {
            case "Environment": return .assumeRole(role, source: .environment)
            case "EcsContainer": return .assumeRole(role, source: .container)
            case "Ec2InstanceMetadata": return .assumeRole(role, source: .instance)
            case let other?: throw refuse("credential_source '\(other)' is not known")
            case nil: throw refuse("it has a role_arn but neither source_profile, credential_source nor web identity")
            }
        }
        if let keys { return .keys(keys) }
        if let command = values["credential_process"] { return .process(command: command) }
        if values["sso_session"] != nil || values["sso_start_url"] != nil {
            throw refuse(
                "it signs in through IAM Identity Center (SSO), which needs a person at a browser",
                hint: "in a pod use a role; on a desk: eval \"$(aws configure export-credentials --format env)\"")
        }
        return nil
    }

    private static func staticKeys(_ values: [String: String]) -> AWSCredentials? {
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: values["aws_session_token"])
    }
}

/// Runs a program of the user's and gives what it printed.
protocol ProcessRunner: Sendable {
    func output(of command: String) async throws(TransferError) -> [UInt8]
}

/// `credential_process` without a shell, as images may have none: the command is split into words like a shell does.
struct SystemProcessRunner: ProcessRunner {
    private static let timeout = Duration.seconds(60)

    func output(of command: String) async throws(TransferError) -> [UInt8] {
        guard let words = CommandWords.split(command), let program = words.first else {
            throw Self.failure("the command's quotes do not match")
        }
        switch await Subprocess(words, sharesErrors: true, timeout: Self.timeout).run() {
        case .exited(0, let output, _): return output
        case .exited, .killed: throw Self.failure("'\(program)' failed")
        case .timedOut, .tooMuch: throw Self.failure("'\(program)' printed too much or took longer than a minute")
        case .cancelled: throw .cancelled("credential_process")
        case .notStarted(let reason): throw Self.failure("'\(program)' cannot be run: \(reason)")
        }
    }

    private static func failure(_ message: String) -> TransferError {
        TransferError("credential_process", .credentials, message)
    }
}

/// Splits a command as a shell splits simple words: quotes and backslashes, no expansion.
enum CommandWords {
    /// `nil` where a quote is not closed.
    static func split(_ command: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = command.makeIterator()
        while let character = characters.next() {
            switch (character, quote) {
            case (let mark, let open?) where mark == open: quote = nil
            case ("\\", nil), ("\\", "\""):
                guard let next = characters.next() else { return nil }
                word = (word ?? "") + String(next)
            case (let other, _?): word = (word ?? "") + String(other)
            case ("\"", nil), ("'", nil):
                quote = character
                word = word ?? ""
            case (let space, nil) where space.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(word) }
        return words
    }
}
