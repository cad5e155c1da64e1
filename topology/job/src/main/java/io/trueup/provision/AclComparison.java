package io.trueup.provision;

import io.trueup.failure.AclWords;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * The ACLs that brokers have for one principal, next to those that it needs. The rules are those of Kafka's authorizer: a denial
 * outweighs each permission, {@code Read}, {@code Write}, {@code Delete} and {@code Alter} imply {@code Describe}, and
 * {@code Create} on the cluster allows to create each topic. An ACL for some hosts alone does not serve. Immutable and thread-safe.
 *
 * @param principal the principal, or {@link #EVERYONE}
 * @param missing what it needs and is not allowed, because no ACL allows it
 * @param denied what it needs and is not allowed, each with an ACL that denies it
 * @param tooWide ACLs of exactly this principal that allow more than it needs on what the dataset uses, or on the cluster
 */
public record AclComparison(
        String principal, List<NeededAcl> missing, Map<NeededAcl, AclBinding> denied, List<AclBinding> tooWide) {

    /** In an ACL: all principals. */
    public static final String EVERYONE = "User:*";

    private static final String ANY = "*";
    private static final Set<AclOperation> IMPLY_DESCRIBE =
            Set.of(AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER);

    /** Copies the collections. */
    public AclComparison {
        missing = List.copyOf(missing);
        denied = Collections.unmodifiableMap(new LinkedHashMap<>(denied));
        tooWide = List.copyOf(tooWide);
    }

    /**
     * Compares.
     *
     * @param needed all that the principal needs, in whatever roles
     * @param resources what the dataset uses: only there, and on the cluster, is an ACL found to be too wide
     * @param existing all ACLs of the brokers
     */
    public static AclComparison of(
            String principal,
            Collection<NeededAcl> needed,
            Collection<ResourcePattern> resources,
            Collection<AclBinding> existing) {
        List<NeededAcl> missing = new ArrayList<>();
        Map<NeededAcl, AclBinding> denied = new LinkedHashMap<>();
        for (NeededAcl acl : once(needed)) {
            Optional<AclBinding> denial = existing.stream()
                    .filter(binding -> isOf(binding, principal) && denies(binding, acl))
                    .findFirst();
            if (denial.isPresent()) {
                denied.put(acl, denial.get());
            } else if (existing.stream().noneMatch(binding -> isOf(binding, principal) && allows(binding, acl))) {
                missing.add(acl);
            }
        }
        List<AclBinding> tooWide = existing.stream()
                .filter(binding -> binding.entry().principal().equals(principal))
                .filter(binding -> binding.entry().permissionType() == AclPermissionType.ALLOW)
                .filter(binding -> binding.pattern().resourceType() == ResourceType.CLUSTER
                        || resources.stream().anyMatch(resource -> overlap(binding.pattern(), resource)))
                .filter(binding -> needed.stream().noneMatch(acl -> isWithin(binding, acl)))
                .sorted((a, b) -> words(a).compareTo(words(b)))
                .toList();
        return new AclComparison(principal, missing, denied, tooWide);
    }

    /** An operation on a resource may be needed for several purposes. */
    private static Collection<NeededAcl> once(Collection<NeededAcl> needed) {
        Map<List<Object>, NeededAcl> once = new LinkedHashMap<>();
        needed.forEach(acl -> once.putIfAbsent(List.of(acl.operation(), acl.resource()), acl));
        return once.values();
    }

    /** Whether the principal is allowed what it needs, and nothing else on what the dataset uses. */
    public boolean fits() {
        return missing.isEmpty() && denied.isEmpty() && tooWide.isEmpty();
    }

    /** An ACL as a message names it, such as {@code Read on topics that begin with products., from host 10.0.0.1}. */
    public static String words(AclBinding acl) {
        ResourcePattern pattern = acl.pattern();
        String resource = AclWords.resource(pattern);
        if (pattern.resourceType() == ResourceType.TOPIC || pattern.resourceType() == ResourceType.GROUP) {
            String kind = pattern.resourceType() == ResourceType.TOPIC ? "topic" : "consumer group";
            if (pattern.name().equals(ANY)) {
                resource = "every " + kind;
            } else if (pattern.patternType() == PatternType.PREFIXED) {
                resource = kind + "s that begin with " + pattern.name();
            }
        } else if (pattern.name().equals(ANY)) {
            resource = "every transactional id";
        }
        String host = acl.entry().host().equals(ANY)
                ? ""
                : ", from host " + acl.entry().host();
        return AclWords.operation(acl.entry().operation()) + " on " + resource + host;
    }

    private static boolean isOf(AclBinding acl, String principal) {
        return acl.entry().principal().equals(principal)
                || acl.entry().principal().equals(EVERYONE);
    }

    private static boolean allows(AclBinding found, NeededAcl needed) {
        if (found.entry().permissionType() != AclPermissionType.ALLOW
                || !found.entry().host().equals(ANY)) {
            return false;
        }
        AclOperation allowed = found.entry().operation();
        boolean creates = needed.operation() == AclOperation.CREATE
                && needed.resource().resourceType() == ResourceType.TOPIC
                && found.pattern().resourceType() == ResourceType.CLUSTER;
        return (allowed == AclOperation.ALL || includes(allowed, needed.operation()))
                && (creates || covers(found.pattern(), needed.resource()));
    }

    /** Who may not describe a resource cannot read or write it. A denial for some hosts counts: the principal may use one of them. */
    private static boolean denies(AclBinding found, NeededAcl needed) {
        AclOperation operation = found.entry().operation();
        return found.entry().permissionType() == AclPermissionType.DENY
                && (operation == AclOperation.ALL || includes(needed.operation(), operation))
                && overlap(found.pattern(), needed.resource());
    }

    /** Whether an ACL allows nothing but what is needed, or a part of it. */
    private static boolean isWithin(AclBinding found, NeededAcl needed) {
        return includes(needed.operation(), found.entry().operation()) && covers(needed.resource(), found.pattern());
    }

    private static boolean includes(AclOperation wide, AclOperation narrow) {
        return wide == narrow
                || (narrow == AclOperation.DESCRIBE && IMPLY_DESCRIBE.contains(wide))
                || (narrow == AclOperation.DESCRIBE_CONFIGS && wide == AclOperation.ALTER_CONFIGS);
    }

    /** Whether a pattern matches all that another one matches. */
    private static boolean covers(ResourcePattern wide, ResourcePattern narrow) {
        if (wide.resourceType() != narrow.resourceType()) {
            return false;
        }
        if (wide.patternType() == PatternType.PREFIXED) {
            return narrow.name().startsWith(wide.name()) && !isEvery(narrow);
        }
        return isEvery(wide)
                || (narrow.patternType() == PatternType.LITERAL && wide.name().equals(narrow.name()));
    }

    /** Whether there may be a name that both patterns match. */
    private static boolean overlap(ResourcePattern a, ResourcePattern b) {
        return covers(a, b) || covers(b, a) || (a.resourceType() == b.resourceType() && (isEvery(a) || isEvery(b)));
    }

    private static boolean isEvery(ResourcePattern pattern) {
        return pattern.patternType() == PatternType.LITERAL && pattern.name().equals(ANY);
    }
}
