package io.trueup.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.SecuredBroker;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.AclWords;
import io.trueup.job.JobFixture.Sent;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededAcl;
import io.trueup.provision.NeededAcls;
import io.trueup.state.EntryStore;
import io.trueup.stream.JobClocks;
import io.trueup.stream.LoggedLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The job on a broker with an authorizer, with the ACLs that {@code trueup topics} prints and no others. The test itself is a super
 * user. No rounds are compared in which a permission is missing, and nothing is lost for it.
 */
class AclIT {

    private static final String JOB = "trueup";
    private static final String DATASTORE = "datastore-eu";
    private static final String PASSWORD = "password-of-a-user";
    private static final int PARTITIONS = 2;
    private static final long BEFORE_MS = 60_000;

    private static SecuredBroker secured;
    private static TestBroker broker;

    @TempDir
    Path directory;

    private JobFixture fixture;
    private String dataset;
    private Map<String, String> settings;
    private LoggedLines log;

    @BeforeAll
    static void startBroker() throws Exception {
        // A thread that dies leaves its group when its session ends.
        secured = SecuredBroker.authorizing(
                Map.of(JOB, PASSWORD, DATASTORE, PASSWORD), "group.min.session.timeout.ms=1000");
        broker = secured.open();
    }

    @AfterAll
    static void stopBroker() {
        secured.close();
    }

    @BeforeEach
    void open() {
        log = LoggedLines.withWarnings();
        dataset = "products" + Long.toHexString(System.nanoTime()); // no '-', which application ids double
        fixture = new JobFixture(broker, dataset, directory, PARTITIONS, "ap", "eu", "us").quick();
        fixture.settings.putAll(Map.of(
                "grace",
                "200ms",
                "lag.patience",
                "2s",
                "resolution",
                "primary:eu",
                "repair.max.fraction",
                "1",
                "replica.eu.progress",
                "group:" + dataset + "-datastore-eu@" + dataset + ".feed",
                "observations.topic",
                dataset + ".observations"));
        fixture.settings.put("streams.commit.interval.ms", "100");
        fixture.settings.put("consumer.session.timeout.ms", "2000");
        fixture.settings.put("consumer.heartbeat.interval.ms", "400");
        fixture.createWritesTopics();
        broker.createTopics(PARTITIONS, dataset + ".feed");
        settings = new HashMap<>(fixture.settings);
        settings.put("hosted.replicas", "eu,us");
        secured.client(JOB, PASSWORD)
                .forEach((key, value) -> settings.put(key.startsWith("bootstrap") ? key : "kafka." + key, value));
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
        broker.admin().deleteAcls(Set.of(AclBindingFilter.ANY)).all().get();
        log.close();
        assertThat(log.lines()).noneMatch(line -> line.contains(PASSWORD));
    }

    @Test
    void shouldDoAllItsWorkWithTheNeededAcls() throws Exception {
        List<NeededAcl> acls = acls();
        grant(acls);
        secured.grant(new NeededAcls(TrueupConfig.of(settings))
                .datastore("eu", dataset + "-datastore-eu", Optional.of(dataset + ".feed")).stream()
                        .map(acl -> acl.binding("User:" + DATASTORE))
                        .toList());
        try (Job job = start();
                Job elsewhere = jobElsewhere();
                Datastore eu = new Datastore()) {
            fixture.answer("us");
            fixture.answer("ap");
            write("us", "stray", "not in the feed");
            feed("lost");
            for (int i = 0; i < 20; i++) {
                feed("same-" + i);
                fixture.write("us", "same-" + i, 1, System.currentTimeMillis() - BEFORE_MS, "value");
                fixture.write("ap", "same-" + i, 1, System.currentTimeMillis() - BEFORE_MS, "value");
            }
            fixture.flush();
            eu.apply();
            fixture.send(
                    fixture.producer,
                    new ProducerRecord<>(fixture.writesTopic("us"), JobFixture.bytes("k"), new byte[] {1}));

            await().atMost(JobFixture.PATIENCE).untilAsserted(() -> {
                assertThat(values("us")).containsEntry("lost", "value").containsEntry("stray", null);
                assertThat(values("ap")).containsEntry("lost", "value");
            });
            assertThat(fixture.deadLetters()).hasSize(1);
            assertThat(List.of(job, elsewhere))
                    .allSatisfy(each -> assertThat(each.status().failure()).isEmpty());
        }

        revoke(only(acls, AclPurpose.CHANGELOG_CREATION));
        revoke(only(acls, AclPurpose.TOPIC_CREATION));
        settings.put("topics.create", "false");
        assertThat(only(acls(), AclPurpose.TOPIC_CREATION)).isEmpty();
        write("eu", "later", "value");
        try (Job job = start()) {
            awaitRepaired("later");

            broker.admin()
                    .deleteTopics(List.of(fixture.writesTopic("us")))
                    .all()
                    .get();
            fixture.createWritesTopic("us");
            assertThat(failure(job)).contains("The writes topic " + fixture.writesTopic("us") + " was created again");
        }
        assertThat(log.lines()).noneMatch(line -> line.contains("uthoriz"));
    }

    private Job jobElsewhere() {
        Map<String, String> own = new HashMap<>(fixture.settings);
        own.put("hosted.replicas", "ap");
        own.put("state.dir", directory.resolve("elsewhere").toString());
        Job job = new Job(TrueupConfig.of(own));
        job.start();
        return job;
    }

    @Test
    void shouldNameWhatIsMissingOrRevokedAndConcludeNothingAndContinueOnceItIsGranted() throws Exception {
        List<NeededAcl> all = acls();
        write("eu", "lost", "value");
        grant(all);
        nameMissingCreations(all);
        nameAllThatIsMissing(all);
        assertThat(fixture.repairs()).isEmpty();

        nameWhatIsRevoked();
        for (NeededAcl acl : ofChangelogs(all)) {
            if (acl.operation() != AclOperation.CREATE) {
                assertNamedWithout(acl);
            }
        }
        assertThat(values("us")).containsOnlyKeys("lost", "second", "third");
    }

    private void nameMissingCreations(List<NeededAcl> all) throws Exception {
        List<NeededAcl> creations = only(all, AclPurpose.TOPIC_CREATION);
        revoke(creations);
        String failure = failureAtStart();
        assertThat(creations).hasSize(8).allSatisfy(acl -> assertNamed(failure, acl));
        grant(creations);
        createTopics();
        // The changelog of the other replica is created by the first of these starts.
        String changelog = EntryStore.changelog(TrueupConfig.of(settings).applicationId("eu"));
        assertNamedWithout(only(AclOperation.CREATE, changelog));
        assertNamedWithout(only(AclOperation.WRITE, changelog));
    }

    private void nameAllThatIsMissing(List<NeededAcl> all) throws Exception {
        List<NeededAcl> changelogs = ofChangelogs(all);
        for (NeededAcl acl : all) {
            if (acl.purpose() != AclPurpose.TOPIC_CREATION && !changelogs.contains(acl)) {
                assertNamedWithout(acl);
            }
        }
    }

    private static List<NeededAcl> ofChangelogs(List<NeededAcl> all) {
        return all.stream()
                .filter(acl -> acl.resource().name().endsWith("changelog"))
                .toList();
    }

    private void nameWhatIsRevoked() throws Exception {
        NeededAcl writeRepairs = only(AclOperation.WRITE, dataset + ".repairs.us");
        try (Job job = start()) {
            awaitRepaired("lost");
            revoke(List.of(writeRepairs));
            write("eu", "second", "value");
            assertNamed(failure(job), writeRepairs);
            assertThat(values("us")).containsOnlyKeys("lost");
        }

        grant(List.of(writeRepairs));
        NeededAcl readWrites = only(AclOperation.READ, fixture.writesTopic("us"));
        try (Job job = start()) {
            awaitRepaired("second");
            revoke(List.of(readWrites));
            write("eu", "third", "value");
            assertNamed(failure(job), readWrites);
            assertThat(values("us")).containsOnlyKeys("lost", "second");
        }

        grant(List.of(readWrites));
        NeededAcl writeConflicts = only(AclOperation.WRITE, dataset + ".conflicts");
        try (Job job = new Job(TrueupConfig.of(settings), Duration.ofMillis(200), new JobClocks())) {
            job.start();
            awaitRepaired("third");
            revoke(List.of(writeConflicts)); // nothing is written to this topic now
            assertNamed(failure(job), writeConflicts);
        }
        grant(List.of(writeConflicts));
    }

    @Test
    void shouldNotNeedToWriteRepairsWhereItOnlyObserves() throws Exception {
        createTopics();
        settings.put("mode", "observe");
        List<NeededAcl> acls = acls();
        NeededAcl described = only(AclOperation.DESCRIBE, dataset + ".repairs.ap");
        assertThat(only(acls, AclPurpose.REPAIRS))
                .hasSize(6)
                .noneMatch(acl -> acl.operation() == AclOperation.WRITE)
                .contains(described);
        grant(acls);

        TrueupConfig config = TrueupConfig.of(settings);
        try (Admin admin = Admin.create(config.adminProperties())) {
            assertThat(new TopicCheck(config, admin).prepare().partitions()).isEqualTo(PARTITIONS);
        }
        assertNamedWithout(described);
    }

    @Test
    void shouldNotNeedTransactionsUnderAtLeastOnce() throws Exception {
        assertThat(only(acls(), AclPurpose.TRANSACTIONS)).hasSize(2);
        settings.put("resolution", "latest");
        settings.put("streams.processing.guarantee", "at_least_once");
        assertThat(only(acls(), AclPurpose.TRANSACTIONS)).isEmpty();
        grant(acls());
        write("eu", "lost", "value");

        try (Job job = start()) {
            awaitRepaired("lost");
            assertThat(job.status().failure()).isEmpty();
        }
        assertThat(log.lines()).noneMatch(line -> line.contains("uthoriz"));
    }

    private void assertNamedWithout(NeededAcl acl) throws Exception {
        revoke(List.of(acl));
        assertNamed(failureAtStart(), acl);
        grant(List.of(acl));
    }

    private String failureAtStart() throws Exception {
        try (Job job = new Job(TrueupConfig.of(settings))) {
            try {
                job.start();
            } catch (TopicCheckException e) {
                return e.getMessage();
            }
            return failure(job);
        }
    }

    /** The line contains the operation and the resource, and the command that grants it. */
    private void assertNamed(String failure, NeededAcl acl) {
        String operation = AclWords.operation(acl.operation());
        assertThat(failure.lines())
                .as("without %s", acl)
                .anySatisfy(line -> assertThat(line)
                        .contains(
                                "Not authorized: this process needs " + operation + " on ",
                                acl.resource().name())
                        .contains("User:<user of this process> --operation " + operation + " --")
                        .endsWith(AclWords.option(acl.resource())));
    }

    /** Creates what {@code topics.create} would. */
    private void createTopics() {
        new TopicCheck(fixture.config(), broker.admin()).prepare();
    }

    private Job start() {
        Job job = new Job(TrueupConfig.of(settings));
        job.start();
        return job;
    }

    private static String failure(Job job) throws InterruptedException {
        assertThat(job.awaitTermination(Duration.ofSeconds(40))).as("ended").isTrue();
        return job.status().failure().orElseThrow();
    }

    private void awaitRepaired(String key) {
        await().atMost(JobFixture.PATIENCE)
                .untilAsserted(() -> assertThat(values("us")).containsEntry(key, "value"));
    }

    /** The values of the repairs of a replica by key; null for a delete. */
    private Map<String, String> values(String replica) {
        Map<String, String> values = new HashMap<>();
        for (Sent sent : fixture.repairs(replica)) {
            values.put(sent.key(), sent.value());
        }
        return values;
    }

    private void write(String replica, String key, String value) {
        fixture.write(replica, key, 1, System.currentTimeMillis() - BEFORE_MS, value);
        fixture.advanceAll(System.currentTimeMillis() - BEFORE_MS / 2);
    }

    private void feed(String key) {
        fixture.send(
                fixture.producer,
                new ProducerRecord<>(
                        dataset + ".feed",
                        null,
                        System.currentTimeMillis() - BEFORE_MS,
                        JobFixture.bytes(key),
                        JobFixture.bytes("value")));
    }

    /** The ACLs of the job with the present settings. */
    private List<NeededAcl> acls() {
        return new NeededAcls(TrueupConfig.of(settings)).job();
    }

    private NeededAcl only(AclOperation operation, String topic) {
        return acls().stream()
                .filter(acl -> acl.operation() == operation)
                .filter(acl -> acl.resource().name().equals(topic))
                .findFirst()
                .orElseThrow();
    }

    private static List<NeededAcl> only(List<NeededAcl> acls, AclPurpose purpose) {
        return acls.stream().filter(acl -> acl.purpose() == purpose).toList();
    }

    private static void grant(List<NeededAcl> acls) throws Exception {
        secured.grant(bindings(acls));
    }

    private static void revoke(List<NeededAcl> acls) throws Exception {
        secured.revoke(bindings(acls));
    }

    private static List<AclBinding> bindings(List<NeededAcl> acls) {
        return acls.stream().map(acl -> acl.binding("User:" + JOB)).toList();
    }

    /** The datastore of {@code eu}, as far as it uses topics: a consumer group applies the feed, and reads the repairs. */
    private final class Datastore implements AutoCloseable {

        private final KafkaConsumer<byte[], byte[]> consumer;
        private final KafkaProducer<byte[], byte[]> producer;

        Datastore() {
            Map<String, Object> properties = new HashMap<>(secured.client(DATASTORE, PASSWORD));
            producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
            properties.put("group.id", dataset + "-datastore-eu");
            properties.put("enable.auto.commit", false);
            properties.put("auto.offset.reset", "earliest");
            consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer.subscribe(List.of(dataset + ".feed", dataset + ".repairs.eu"));
        }

        /** Applies the feed up to its end, and commits that. */
        void apply() {
            Set<String> applied = new HashSet<>();
            while (!applied.contains("same-19")) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    String key = new String(record.key(), UTF_8);
                    fixture.write(producer, "eu", key, 1, record.timestamp(), new String(record.value(), UTF_8), null);
                    applied.add(key);
                }
            }
            fixture.flush();
            producer.flush();
            consumer.commitSync();
        }

        @Override
        public void close() {
            consumer.close();
            producer.close();
        }
    }
}
