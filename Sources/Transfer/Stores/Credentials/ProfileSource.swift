/// Carries out what the chosen profile of the shared files says.
struct ProfileSource: CredentialSource {
    var profiles: AWSProfiles
    var environment: EnvironmentSource
    var container: ContainerSource
    var instance: InstanceSource
    var service: SecurityTokenService
    var runner: any ProcessRunner

    func fetch() async throws(TransferError) -> AWSCredentials? {
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
                throw TransferError(
                    object: role.arn, reason: .credentials, message: "there are no credentials to assume the role with")
            }
            return try await service.assumeRole(role, by: credentials)
        }
    }
}
