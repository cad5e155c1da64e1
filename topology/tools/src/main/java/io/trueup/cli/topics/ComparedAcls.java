package io.trueup.cli.topics;

import io.trueup.failure.AclWords;
import io.trueup.failure.ShellWords;
import io.trueup.provision.AclComparison;
import io.trueup.provision.NeededAcl;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;

/**
 * The ACLs of the brokers next to what each principal needs. Immutable.
 *
 * @param principals one for each principal, and one for everyone if an ACL lets everyone do something with what the dataset uses
 */
record ComparedAcls(List<AclComparison> principals) {

    /**
     * Compares.
     *
     * @param needed what is needed; a principal may have several roles
     * @param existing all ACLs of the brokers
     */
    static ComparedAcls of(List<PrincipalAcls> needed, Collection<AclBinding> existing) {
        Map<String, List<NeededAcl>> byPrincipal = new LinkedHashMap<>();
        needed.forEach(principal -> byPrincipal
                .computeIfAbsent(principal.principal(), p -> new ArrayList<>())
                .addAll(principal.acls()));
        Set<ResourcePattern> resources = needed.stream()
                .flatMap(principal -> principal.acls().stream())
                .map(NeededAcl::resource)
                .collect(Collectors.toSet());
        List<AclComparison> compared = new ArrayList<>();
        byPrincipal.forEach((principal, acls) -> compared.add(AclComparison.of(principal, acls, resources, existing)));
        if (!byPrincipal.containsKey(AclComparison.EVERYONE)) {
            AclComparison everyone = AclComparison.of(AclComparison.EVERYONE, List.of(), resources, existing);
            if (!everyone.fits()) {
                compared.add(everyone);
            }
        }
        return new ComparedAcls(List.copyOf(compared));
    }

    /** Whether each principal is allowed what it needs, and no more. */
    boolean fit() {
        return principals.stream().allMatch(AclComparison::fits);
    }

    /** One line for each ACL that is missing, denied or too wide, without the principal. */
    static List<String> findings(AclComparison compared) {
        List<String> lines = new ArrayList<>();
        compared.missing().forEach(acl -> lines.add("missing: " + acl + " (" + acl.namedBy() + ")"));
        compared.denied()
                .forEach((acl, denial) -> lines.add("denied: " + acl + ", by an ACL that denies "
                        + AclComparison.words(denial) + ", to " + denial.entry().principal()));
        compared.tooWide().forEach(acl -> lines.add("too wide: " + AclComparison.words(acl)));
        return lines;
    }

    /** The commands that grant what is missing and take away what is too wide. A denial is left to the person who knows its reason. */
    static List<String> corrections(AclComparison compared, String bootstrapServers) {
        List<String> commands = new ArrayList<>();
        for (AclGroup group : AclGroup.of(compared.missing())) {
            List<String> operations = group.operationNames().stream()
                    .map(name -> "--operation " + name)
                    .toList();
            List<String> resources =
                    group.resources().stream().map(AclWords::option).toList();
            commands.add(command(bootstrapServers, "--add", compared.principal())
                    + " " + String.join(" ", operations)
                    + pattern(group.resources().get(0))
                    + " " + String.join(" ", resources));
        }
        for (AclBinding acl : compared.tooWide()) {
            String host = acl.entry().host();
            commands.add(command(bootstrapServers, "--remove --force", compared.principal())
                    + (host.equals("*") ? "" : " --allow-host " + ShellWords.quoted(host))
                    + " --operation " + AclWords.operation(acl.entry().operation())
                    + pattern(acl.pattern())
                    + " " + AclWords.option(acl.pattern()));
        }
        return commands;
    }

    private static String command(String bootstrapServers, String action, String principal) {
        return "kafka-acls.sh --bootstrap-server " + ShellWords.quoted(bootstrapServers) + " " + action
                + " --allow-principal " + ShellWords.quoted(principal);
    }

    private static String pattern(ResourcePattern resource) {
        return resource.patternType() == PatternType.PREFIXED ? " --resource-pattern-type prefixed" : "";
    }
}
