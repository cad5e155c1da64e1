package io.trueup.provision;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DELETE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;
import static org.apache.kafka.common.resource.PatternType.LITERAL;
import static org.apache.kafka.common.resource.PatternType.PREFIXED;
import static org.apache.kafka.common.resource.ResourceType.GROUP;
import static org.apache.kafka.common.resource.ResourceType.TOPIC;
import static org.apache.kafka.common.resource.ResourceType.TRANSACTIONAL_ID;

import io.trueup.config.FeedGroup;
import io.trueup.config.Keys;
import io.trueup.config.TrueupConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The ACLs that a configuration needs: those of the job, of each datastore, and of people who use commands. No ACL in a list can be
 * left out. {@code Read}, {@code Write} and {@code Delete} imply {@code Describe}. Immutable and thread-safe.
 */
public final class NeededAcls {

    private final TrueupConfig config;
    private final NeededTopics topics;

    public NeededAcls(TrueupConfig config) {
        this.config = config;
        topics = new NeededTopics(config);
    }

    /** What the job needs. */
    public List<NeededAcl> job() {
        Grants grants = new Grants();
        grants.topics(AclPurpose.HOSTED_WRITES, using(TopicUse.WRITES), READ, DESCRIBE_CONFIGS);
        grants.topics(AclPurpose.OTHER_WRITES, using(TopicUse.WRITES_ELSEWHERE), DESCRIBE);
        using(TopicUse.REPAIRS).forEach(topic -> addRepairs(grants, topic));
        addControl(grants);
        grants.topics(AclPurpose.REPORTS, using(TopicUse.ROUNDS), READ, WRITE, DESCRIBE_CONFIGS);
        grants.topics(AclPurpose.REPORTS, using(TopicUse.CONFLICTS, TopicUse.DEAD_LETTERS), WRITE, DESCRIBE_CONFIGS);
        grants.topics(AclPurpose.OBSERVATIONS, using(TopicUse.OBSERVATIONS), READ);
        config.hostedReplicas()
                .forEach(name ->
                        grants.add(AclPurpose.STATE, group(name), "the application id of replica " + name, READ));
        grants.topics(AclPurpose.STATE, using(TopicUse.CHANGELOG), READ, WRITE);
        grants.topics(AclPurpose.CHANGELOG_CREATION, using(TopicUse.CHANGELOG), CREATE);
        config.hostedReplicas().forEach(name -> addTransactions(grants, name));
        config.hostedReplicas().forEach(name -> addFeed(grants, name));
        addActions(grants);
        if (config.topicsCreate()) {
            List<NeededTopic> created = topics.all().stream()
                    .filter(topic -> topic.use().creator() == TopicUse.Creator.JOB)
                    .toList();
            grants.topics(AclPurpose.TOPIC_CREATION, created, CREATE);
        }
        return grants.withoutImplied();
    }

    private void addRepairs(Grants grants, NeededTopic topic) {
        String replica = topic.replica().orElseThrow();
        if (config.hostedReplicas().contains(replica)) {
            grants.topics(AclPurpose.REPAIRS, List.of(topic), READ);
        }
        boolean observes = config.settings(replica).rules().observeOnly();
        grants.topics(AclPurpose.REPAIRS, List.of(topic), observes ? DESCRIBE : WRITE, DESCRIBE_CONFIGS);
    }

    private void addControl(Grants grants) {
        for (NeededTopic topic : using(TopicUse.CONTROL)) {
            if (config.controlTopics().contains(topic.name())) {
                grants.topics(AclPurpose.CONTROL, List.of(topic), READ);
            }
            if (config.controlTopic().equals(topic.name())) {
                grants.topics(AclPurpose.CONTROL, List.of(topic), WRITE, DESCRIBE_CONFIGS);
            }
        }
    }

    /** Requests over HTTP are commands of people that the job sends for them; without credentials they can list conflicts alone. */
    private void addActions(Grants grants) {
        if (!config.http().listens()) {
            return;
        }
        grants.topics(AclPurpose.HTTP_ACTIONS, using(TopicUse.CONFLICTS), READ);
        if (config.http().token().isPresent() || config.http().basic().isPresent()) {
            grants.topics(AclPurpose.HTTP_ACTIONS, using(TopicUse.CONTROL, TopicUse.REPAIRS), READ);
        }
    }

    private void addTransactions(Grants grants, String replica) {
        Object guarantee = config.streamsProperties(replica).get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG);
        if (StreamsConfig.EXACTLY_ONCE_V2.equals(guarantee)) {
            ResourcePattern ids = new ResourcePattern(TRANSACTIONAL_ID, config.applicationId(replica) + "-", PREFIXED);
            grants.add(AclPurpose.TRANSACTIONS, ids, "the application id of replica " + replica, WRITE);
        }
    }

    private void addFeed(Grants grants, String replica) {
        Optional<FeedGroup> source = config.feed(replica);
        if (source.isPresent()) {
            String key = Keys.replica(replica, Keys.PROGRESS);
            grants.add(AclPurpose.FEED_PROGRESS, group(source.get()), key, DESCRIBE);
            grants.add(AclPurpose.FEED_PROGRESS, topic(source.get().feed()), key, DESCRIBE);
        }
    }

    /** The replicas that are hosted and have a datastore which applies repairs, in order of name. */
    public List<String> datastores() {
        return config.hostedReplicas().stream()
                .filter(name -> config.replica(name).repairsTopic() != null)
                .toList();
    }

    /**
     * What the datastore of a replica needs.
     *
     * @param replica one of {@link #datastores}
     * @param group the consumer group by which it reads
     * @param feed the topic of the writes that it applies; empty if that is not known here
     */
    public List<NeededAcl> datastore(String replica, String group, Optional<String> feed) {
        Grants grants = new Grants();
        grants.add(AclPurpose.FEED_AND_REPAIRS, new ResourcePattern(GROUP, group, LITERAL), "its consumer group", READ);
        feed.ifPresent(name -> grants.add(AclPurpose.FEED_AND_REPAIRS, topic(name), "the feed", READ));
        grants.topics(AclPurpose.FEED_AND_REPAIRS, ofReplica(TopicUse.REPAIRS, replica), READ);
        grants.topics(AclPurpose.OWN_WRITES, ofReplica(TopicUse.WRITES, replica), WRITE);
        grants.topics(AclPurpose.REFUSED_RECORDS, using(TopicUse.DEAD_LETTERS), WRITE);
        return grants.withoutImplied();
    }

    /** What people need who use commands. Each purpose alone is all that its commands need there. */
    public List<NeededAcl> people() {
        Grants grants = new Grants();
        List<NeededTopic> written = using(TopicUse.CONTROL).stream()
                .filter(topic -> topic.name().equals(config.controlTopic()))
                .toList();
        List<NeededTopic> writes = Stream.of(using(TopicUse.WRITES), using(TopicUse.WRITES_ELSEWHERE))
                .flatMap(List::stream)
                .toList();
        grants.topics(AclPurpose.SENT_COMMANDS, written, WRITE);
        grants.topics(AclPurpose.LISTED_CONFLICTS, using(TopicUse.CONFLICTS), READ);
        grants.topics(AclPurpose.SHOWN_REPAIRS, using(TopicUse.REPAIRS), READ);
        grants.topics(AclPurpose.HEARD_MESSAGES, using(TopicUse.CONTROL), READ);
        grants.topics(AclPurpose.COUNTED_PARTITIONS, written, DESCRIBE);
        grants.topics(AclPurpose.SHOWN_REPORTS, using(TopicUse.ROUNDS), READ);
        grants.topics(AclPurpose.REPLAYED_WRITES, writes, READ);
        grants.topics(AclPurpose.SENT_REPAIRS, using(TopicUse.REPAIRS), WRITE);
        config.hostedReplicas()
                .forEach(name ->
                        grants.add(AclPurpose.RESET, group(name), "the application id of replica " + name, DESCRIBE));
        grants.topics(AclPurpose.RESET, using(TopicUse.CHANGELOG), WRITE);
        for (NeededTopic topic : topics.all()) {
            grants.topics(AclPurpose.SHOWN_TOPICS, List.of(topic), DESCRIBE);
            if (!topic.settings().isEmpty()) {
                grants.topics(AclPurpose.SHOWN_TOPICS, List.of(topic), DESCRIBE_CONFIGS);
            }
        }
        return grants.all();
    }

    private List<NeededTopic> using(TopicUse... uses) {
        Set<TopicUse> wanted = Set.of(uses);
        return topics.all().stream()
                .filter(topic -> wanted.contains(topic.use()))
                .toList();
    }

    private List<NeededTopic> ofReplica(TopicUse use, String replica) {
        return using(use).stream()
                .filter(topic -> topic.replica().orElseThrow().equals(replica))
                .toList();
    }

    private static ResourcePattern topic(String name) {
        return new ResourcePattern(TOPIC, name, LITERAL);
    }

    private static ResourcePattern group(FeedGroup source) {
        return new ResourcePattern(GROUP, source.group(), LITERAL);
    }

    private ResourcePattern group(String replica) {
        return new ResourcePattern(GROUP, config.applicationId(replica), LITERAL);
    }

    /** Collects ACLs of one principal. */
    private static final class Grants {

        private static final Set<AclOperation> IMPLY_DESCRIBE = Set.of(READ, WRITE, DELETE);

        private final List<NeededAcl> acls = new ArrayList<>();

        void topics(AclPurpose purpose, List<NeededTopic> topics, AclOperation... operations) {
            topics.forEach(needed -> add(purpose, topic(needed.name()), needed.namedBy(), operations));
        }

        void add(AclPurpose purpose, ResourcePattern resource, String namedBy, AclOperation... operations) {
            for (AclOperation operation : operations) {
                acls.add(new NeededAcl(purpose, operation, resource, namedBy));
            }
        }

        List<NeededAcl> all() {
            return List.copyOf(acls);
        }

        /** Replicas may share a feed, and a feed may be the writes topic of a source. */
        List<NeededAcl> withoutImplied() {
            Set<ResourcePattern> described = acls.stream()
                    .filter(acl -> IMPLY_DESCRIBE.contains(acl.operation()))
                    .map(NeededAcl::resource)
                    .collect(Collectors.toSet());
            Set<Object> seen = new HashSet<>();
            return acls.stream()
                    .filter(acl -> acl.operation() != DESCRIBE || !described.contains(acl.resource()))
                    .filter(acl -> seen.add(List.of(acl.operation(), acl.resource())))
                    .toList();
        }
    }
}
