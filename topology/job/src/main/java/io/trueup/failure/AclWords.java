package io.trueup.failure;

import java.util.Locale;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;

/** How {@code kafka-acls.sh} and messages name operations and resources. */
public final class AclWords {

    private AclWords() {}

    /** Returns the name that {@code kafka-acls.sh} has for an operation, such as {@code DescribeConfigs}. */
    public static String operation(AclOperation operation) {
        StringBuilder name = new StringBuilder();
        for (String word : operation.name().split("_", -1)) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    /** Returns a resource as a message names it, such as {@code topic products.control}. */
    public static String resource(ResourcePattern resource) {
        return switch (resource.resourceType()) {
            case TOPIC -> "topic " + resource.name();
            case GROUP -> "consumer group " + resource.name();
            case TRANSACTIONAL_ID ->
                resource.patternType() == PatternType.PREFIXED
                        ? "transactional ids that begin with " + resource.name()
                        : "transactional id " + resource.name();
            default -> "the cluster";
        };
    }

    /** Returns the option by which {@code kafka-acls.sh} takes a resource, such as {@code --topic products.control}. */
    public static String option(ResourcePattern resource) {
        return switch (resource.resourceType()) {
            case TOPIC -> "--topic " + ShellWords.quoted(resource.name());
            case GROUP -> "--group " + ShellWords.quoted(resource.name());
            case TRANSACTIONAL_ID -> "--transactional-id " + ShellWords.quoted(resource.name());
            default -> "--cluster";
        };
    }
}
