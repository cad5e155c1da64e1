package io.trueup.failure;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * ACL operations on one resource that the brokers deny to this process, in the words of {@code kafka-acls.sh}. A client
 * does not know its principal, so the remedy leaves it open. Immutable.
 *
 * @param operations the operations
 * @param resource what they are needed on
 * @param purpose where the resource comes from, such as a configuration key; may be empty
 */
public record MissingAcl(Set<AclOperation> operations, ResourcePattern resource, String purpose) {

    private static final String CLUSTER = "kafka-cluster";

    /** Copies the operations. */
    public MissingAcl {
        operations = Set.copyOf(operations);
    }

    /** Operations on a topic. */
    public static MissingAcl topic(String name, String purpose, Set<AclOperation> operations) {
        return of(ResourceType.TOPIC, name, PatternType.LITERAL, purpose, operations);
    }

    /** An operation on a consumer group. */
    public static MissingAcl group(String name, String purpose, AclOperation operation) {
        return of(ResourceType.GROUP, name, PatternType.LITERAL, purpose, Set.of(operation));
    }

    /** Write on all transactional ids that begin with a prefix. */
    public static MissingAcl transactionalIds(String prefix) {
        return of(
                ResourceType.TRANSACTIONAL_ID,
                prefix,
                PatternType.PREFIXED,
                "streams.processing.guarantee=exactly_once_v2",
                Set.of(AclOperation.WRITE));
    }

    /** What idempotent producers need where brokers are older than 2.8. */
    public static MissingAcl idempotentWrite() {
        return of(ResourceType.CLUSTER, CLUSTER, PatternType.LITERAL, "", Set.of(AclOperation.IDEMPOTENT_WRITE));
    }

    /** What a process needs that reads the ACLs of the brokers. */
    public static MissingAcl describeCluster() {
        return of(
                ResourceType.CLUSTER, CLUSTER, PatternType.LITERAL, "to read the ACLs", Set.of(AclOperation.DESCRIBE));
    }

    private static MissingAcl of(
            ResourceType type, String name, PatternType pattern, String purpose, Set<AclOperation> operations) {
        return new MissingAcl(operations, new ResourcePattern(type, name, pattern), purpose);
    }

    /**
     * Returns one line for each: what is missing, where, and the command that grants it.
     *
     * @param bootstrapServers the brokers that deny it
     */
    public static String message(Collection<MissingAcl> missing, String bootstrapServers) {
        return missing.stream().map(acl -> acl.message(bootstrapServers)).collect(Collectors.joining("\n"));
    }

    /**
     * Returns one line: what is missing, where, and the command that grants it.
     *
     * @param bootstrapServers the brokers that deny it
     */
    public String message(String bootstrapServers) {
        return "Not authorized: this process needs " + joined("", " and ") + " on " + AclWords.resource(resource)
                + (purpose.isEmpty() ? "" : " (" + purpose + ")") + ". Check the name, or grant it: "
                + command(bootstrapServers);
    }

    private String command(String bootstrapServers) {
        return "kafka-acls.sh --bootstrap-server " + ShellWords.quoted(bootstrapServers)
                + " --add --allow-principal User:<user of this process>" + joined(" --operation ", "")
                + (resource.patternType() == PatternType.PREFIXED ? " --resource-pattern-type prefixed" : "")
                + " " + AclWords.option(resource);
    }

    private String joined(String before, String between) {
        return operations.stream()
                .sorted()
                .map(operation -> before + AclWords.operation(operation))
                .collect(Collectors.joining(between));
    }
}
