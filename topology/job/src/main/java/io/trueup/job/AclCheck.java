package io.trueup.job;

import io.trueup.config.FeedGroup;
import io.trueup.config.Keys;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.failure.MissingAcl;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededAcl;
import io.trueup.provision.NeededAcls;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Names the ACL operations that the job needs and the brokers deny. The brokers state for each topic what this
 * process may do with it, so a permission is found to be missing before it is needed. Thread-safe.
 */
final class AclCheck {

    private final TrueupConfig config;
    private final Admin admin;
    private final Map<String, Need> needs = new LinkedHashMap<>();
    private final Set<String> changelogs = new LinkedHashSet<>();

    /**
     * What the job needs on a topic.
     *
     * @param purpose the configuration key of the topic, or what it is for
     */
    private record Need(String purpose, Set<AclOperation> operations) {}

    AclCheck(TrueupConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
        for (NeededAcl acl : new NeededAcls(config).job()) {
            if (acl.resource().resourceType() == ResourceType.TOPIC && acl.purpose() != AclPurpose.HTTP_ACTIONS) {
                add(acl);
            }
        }
    }

    /** Whether a topic may be created is known from the creation alone. */
    private void add(NeededAcl acl) {
        String topic = acl.resource().name();
        if (acl.operation() != AclOperation.CREATE) {
            needs.computeIfAbsent(topic, t -> new Need(acl.namedBy(), EnumSet.noneOf(AclOperation.class)))
                    .operations()
                    .add(acl.operation());
        } else if (acl.purpose() == AclPurpose.CHANGELOG_CREATION) {
            changelogs.add(topic);
        }
    }

    private static String progressKey(String replica) {
        return Keys.replica(replica, Keys.PROGRESS);
    }

    /** The changelog topics of the hosted replicas, which Kafka Streams creates. */
    Set<String> changelogs() {
        return changelogs;
    }

    /** Asks the brokers about topics, and about what this process may do with them. */
    Map<String, KafkaFuture<TopicDescription>> describe(Collection<String> topics) {
        return admin.describeTopics(topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .topicNameValues();
    }

    /**
     * Requires that this process may do with topics what it needs to.
     *
     * @param described the answers of {@link #describe}; answers that fail otherwise are ignored
     * @throws TopicCheckException if operations are missing; the message names all of them
     */
    void require(Map<String, KafkaFuture<TopicDescription>> described) {
        List<MissingAcl> missing = missing(described);
        if (!missing.isEmpty()) {
            throw new TopicCheckException(MissingAcl.message(missing, config.bootstrapServers()));
        }
    }

    private List<MissingAcl> missing(Map<String, KafkaFuture<TopicDescription>> described) {
        List<MissingAcl> missing = new ArrayList<>();
        described.forEach((topic, answer) -> {
            Need need = needs.get(topic);
            Set<AclOperation> lacking = EnumSet.copyOf(need.operations());
            try {
                lacking.removeAll(authorized(answer.get()).orElse(need.operations()));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof AuthorizationException)) {
                    return;
                }
                if (mayDescribeConfigs(topic)) {
                    lacking.remove(AclOperation.DESCRIBE_CONFIGS); // it does not imply Describe
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (!lacking.isEmpty()) {
                missing.add(MissingAcl.topic(topic, need.purpose(), lacking));
            }
        });
        return missing;
    }

    private boolean mayDescribeConfigs(String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return !isDenied(admin.describeConfigs(List.of(resource)).values().get(resource));
    }

    /** Brokers or authorizers that do not know leave the operations out; a topic that is described can be described. */
    private static Optional<Set<AclOperation>> authorized(TopicDescription topic) {
        Set<AclOperation> operations = topic.authorizedOperations();
        return operations != null && operations.contains(AclOperation.DESCRIBE)
                ? Optional.of(operations)
                : Optional.empty();
    }

    /**
     * Requires that topics were created, as far as permissions are concerned.
     *
     * @throws TopicCheckException if this process may not create some of them
     */
    void requireCreated(Map<String, KafkaFuture<Void>> created) {
        List<MissingAcl> missing = new ArrayList<>();
        created.forEach((topic, answer) -> {
            if (isDenied(answer)) {
                missing.add(denied(topic, AclOperation.CREATE));
            }
        });
        if (!missing.isEmpty()) {
            throw new TopicCheckException(MissingAcl.message(missing, config.bootstrapServers())
                    + "\nOr create these topics yourself, and set " + Keys.TOPICS_CREATE + "=false.");
        }
    }

    /**
     * Requires that this process may see what the consumer group of a replica has committed.
     *
     * @throws TopicCheckException if it may not
     */
    void requireGroup(String replica, FeedGroup source) {
        if (isDenied(admin.listConsumerGroupOffsets(source.group()).partitionsToOffsetAndMetadata())) {
            throw new TopicCheckException(MissingAcl.group(source.group(), progressKey(replica), AclOperation.DESCRIBE)
                    .message(config.bootstrapServers()));
        }
    }

    private static boolean isDenied(KafkaFuture<?> answer) {
        return failedWith(answer, AuthorizationException.class);
    }

    private static boolean isUnknown(KafkaFuture<TopicDescription> answer) {
        return failedWith(answer, UnknownTopicOrPartitionException.class);
    }

    private static boolean failedWith(KafkaFuture<?> answer, Class<? extends Exception> expected) {
        try {
            answer.get();
            return false;
        } catch (ExecutionException e) {
            return expected.isInstance(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** An operation on a topic that was denied. */
    MissingAcl denied(String topic, AclOperation operation) {
        Need need = needs.get(topic);
        return MissingAcl.topic(topic, need == null ? "" : need.purpose(), Set.of(operation));
    }

    /**
     * Explains a failure of the application of a replica. Asks the brokers which operation is missing, and waits for their answer.
     */
    String explain(AuthorizationException failure, String replica) {
        List<MissingAcl> missing = missing(failure, replica);
        return missing.isEmpty()
                ? "Not authorized: " + Failures.reason(failure) + ". `trueup topics` lists the ACLs of the job"
                : MissingAcl.message(missing, config.bootstrapServers());
    }

    private List<MissingAcl> missing(AuthorizationException failure, String replica) {
        String applicationId = config.applicationId(replica);
        if (failure instanceof TopicAuthorizationException topics) {
            return missingOnTopics(topics.unauthorizedTopics());
        }
        if (failure instanceof GroupAuthorizationException) {
            String purpose = "the application id of replica " + replica;
            return List.of(MissingAcl.group(applicationId, purpose, AclOperation.READ));
        }
        if (failure instanceof TransactionalIdAuthorizationException) {
            return List.of(MissingAcl.transactionalIds(applicationId + "-"));
        }
        if (failure instanceof ClusterAuthorizationException) {
            return List.of(MissingAcl.idempotentWrite());
        }
        return List.of();
    }

    /** The operations that are missing now; all that are needed, if none is missing any more. */
    private List<MissingAcl> missingOnTopics(Set<String> named) {
        Set<String> topics = new LinkedHashSet<>(needs.keySet());
        if (!named.isEmpty()) {
            topics.retainAll(named); // a failed creation names none
        }
        Map<String, KafkaFuture<TopicDescription>> described = describe(topics);
        List<MissingAcl> missing = missing(described);
        for (String changelog : changelogs) {
            if (described.containsKey(changelog) && isUnknown(described.get(changelog))) {
                missing.add(denied(changelog, AclOperation.CREATE));
            }
        }
        if (missing.isEmpty() && !named.isEmpty()) {
            topics.forEach(topic -> missing.add(MissingAcl.topic(
                    topic, needs.get(topic).purpose(), needs.get(topic).operations())));
        }
        return missing;
    }
}
