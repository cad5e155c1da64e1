package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.trueup.avro.Encoding;
import io.trueup.config.ReplicaTopics.Format;
import io.trueup.config.ReplicaTopics.Role;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrueupConfigTest {

    @TempDir
    Path directory;

    @Test
    void shouldNameTopicsAfterDatasetAndReplica() {
        TrueupConfig config = Example.config();

        assertThat(config.controlTopic()).isEqualTo("shop.control");
        assertThat(config.controlTopics()).containsExactly("shop.control");
        assertThat(config.roundsTopic()).isEqualTo("shop.rounds");
        assertThat(config.deadLetterTopic()).isEqualTo("shop.dead-letters");
        assertThat(config.replica("eu"))
                .isEqualTo(new ReplicaTopics(
                        "eu",
                        Role.REPLICA,
                        "shop.writes.eu",
                        Format.TRUEUP,
                        null,
                        "shop.repairs.eu",
                        Format.TRUEUP,
                        Encoding.SINGLE_OBJECT));
        assertThat(config.applicationId("eu")).isEqualTo("trueup-shop-eu");
    }

    /** Reconcilers of both kinds work together, so that one after the other may be changed. */
    @Test
    void shouldKeepSymbolsOnlyWhereSketchesAreExchanged() {
        Settings trees = Example.config().settings("eu");
        Settings sketches = Example.with("exchange", "sketch").load().settings("eu");

        assertThat(trees.shape().symbols()).isZero();
        assertThat(sketches.shape().symbols()).isEqualTo(Settings.KEPT_SYMBOLS);
        assertThat(sketches.fingerprint(0)).isEqualTo(trees.fingerprint(0));
    }

    @Test
    void shouldReadControlMessagesFromTheTopicThatTheyAreWrittenTo() {
        TrueupConfig config = Example.with("control.topic", "exchange").load();

        assertThat(config.controlTopics()).containsExactly("exchange");
    }

    /** A choice may be made while no job runs. */
    @Test
    void shouldKeepControlMessagesAsLongAsAPersonsChoiceIsValid() {
        TrueupConfig config = Example.config();
        TrueupConfig briefly = Example.with("repair.validity", "20m").load();

        assertThat(config.controlRetention()).isEqualTo(config.repairValidity()).isEqualTo(Duration.ofDays(1));
        assertThat(briefly.controlRetention()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void shouldHostAllReplicasInOrderOfNameUnlessSomeAreNamed() {
        assertThat(Example.config().hostedReplicas()).containsExactly("ap", "eu", "us");
        assertThat(Example.with("hosted.replicas", "us, eu").load().hostedReplicas())
                .containsExactly("eu", "us");
    }

    @Test
    void shouldTakeFormatsTopicsAndRolesOfReplicas() {
        TrueupConfig config = new Example()
                .changed(
                        "resolution=primary:us; replica.us.role=source; replica.us.writes.topic=feed;"
                                + "replica.us.writes.format=plain; replica.eu.repairs.format=plain; replica.eu.repairs.topic=fix")
                .load();

        assertThat(config.replica("us"))
                .isEqualTo(new ReplicaTopics(
                        "us", Role.SOURCE, "feed", Format.PLAIN, null, null, Format.TRUEUP, Encoding.SINGLE_OBJECT));
        assertThat(config.replica("eu"))
                .isEqualTo(new ReplicaTopics(
                        "eu",
                        Role.REPLICA,
                        "shop.writes.eu",
                        Format.TRUEUP,
                        null,
                        "fix",
                        Format.PLAIN,
                        Encoding.SINGLE_OBJECT));
        assertThat(config.settings("eu").rules().sources()).containsExactly("us");
        assertThat(config.settings("eu").rules().primary()).isEqualTo("us");
        assertThat(config.settings("eu").rules().resolution()).isEqualTo(Resolution.PRIMARY);
    }

    @Test
    void shouldTakeTheVersionsOfChangeEvents() {
        String captured =
                "value.canonical=json; replica.eu.writes.format=debezium-json; replica.us.writes.format=debezium-json;";
        TrueupConfig columns = new Example()
                .changed(captured + "replica.eu.writes.version=column:/v; replica.us.writes.version=column:/version")
                .load();
        TrueupConfig positions = new Example()
                .changed(captured + "replica.eu.writes.version=position:shop; replica.us.writes.version=position:shop")
                .load();

        assertThat(columns.replica("eu").writesFormatName()).isEqualTo("debezium-json column:/v");
        assertThat(positions.replica("us").writesFormatName()).isEqualTo("debezium-json position:shop");
        assertThat(positions.replica("ap").writesFormatName()).isEqualTo("trueup");
        assertThat(positions.warnings()).isEmpty();
        assertThat(new Example()
                        .changed(captured + "replica.eu.writes.version=column:/v; compare=value; resolution=majority")
                        .load()
                        .warnings())
                .singleElement()
                .asString()
                .contains("replica.eu.writes.version has no effect, because compare=value");
    }

    @Test
    void shouldWriteForARegistryOnceThereIsOneExceptWhereAReplicaIsNotMovedYet() {
        TrueupConfig config = Example.with("schema.registry.url", "http://registry:8081")
                .and("replica.us.repairs.encoding", "single-object")
                .load();

        assertThat(config.registry().writes()).isEqualTo(Encoding.REGISTRY);
        assertThat(config.replica("eu").repairsEncoding()).isEqualTo(Encoding.REGISTRY);
        assertThat(config.replica("us").repairsEncoding()).isEqualTo(Encoding.SINGLE_OBJECT);
        assertThat(Example.config().registry().isConfigured()).isFalse();
    }

    @Test
    void shouldPassOnSettingsOfTheRegistryAndOfSerializers() {
        TrueupConfig config = Example.with("schema.registry.url", "http://registry:8081")
                .and("schema.registry.ssl.truststore.location", "trust.p12")
                .and("bearer.auth.logical.cluster", "lsrc-1")
                .and("avro.serde.apicurio.artifact-type", "AVRO")
                .load();

        assertThat(config.shown())
                .containsEntry("schema.registry.url", "http://registry:8081")
                .containsEntry("schema.registry.ssl.truststore.location", "trust.p12")
                .containsEntry("bearer.auth.logical.cluster", "lsrc-1")
                .containsEntry("avro.serde.apicurio.artifact-type", "AVRO");
        assertThat(config.keysThatNeedARestart(Example.config()))
                .contains("schema.registry.url", "schema.registry.ssl.truststore.location");
    }

    @Test
    void shouldRefuseAReplicaThatIsNotConfigured() {
        TrueupConfig config = Example.config();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> config.settings("mars"))
                .withMessageContaining("mars")
                .withMessageContaining("[ap, eu, us]");
        assertThatIllegalArgumentException().isThrownBy(() -> config.replica("mars"));
        assertThatIllegalArgumentException().isThrownBy(() -> config.streamsProperties("mars"));
        assertThatIllegalArgumentException().isThrownBy(() -> config.applicationId("mars"));
    }

    @Test
    void shouldDeriveTimesFromIntervalAndGrace() {
        Settings settings =
                new Example().changed("round.interval=20s; grace=3s").load().settings("eu");

        assertThat(settings.times().intervalMs()).isEqualTo(20_000);
        assertThat(settings.times().graceMs()).isEqualTo(3_000);
        assertThat(settings.times().deadlineMs()).isEqualTo(15_000);
        assertThat(settings.times().settleMs()).isEqualTo(5_000);
        assertThat(settings.times().patienceMs()).isEqualTo(30_000);
        assertThat(settings.times().repairTimeoutMs()).isEqualTo(43_000);
    }

    @Test
    void shouldKeepTheSettleTimeBelowADeadlineThatIsSetShort() {
        Settings settings = Example.with("round.deadline", "9s").load().settings("eu");

        assertThat(settings.times().settleMs()).isEqualTo(3_000);
    }

    @Test
    void shouldGiveTheReconcilerItsDefaults() {
        Settings settings = Example.config().settings("us");

        assertThat(settings)
                .usingRecursiveComparison()
                .isEqualTo(new Settings.Builder(
                                "shop",
                                "us",
                                List.of("ap", "eu", "us"),
                                Example.SECRET.getBytes(StandardCharsets.UTF_8))
                        .build());
    }

    @Test
    void shouldGiveTheReconcilerWhatIsSet() {
        Settings settings = new Example()
                .changed("tree.segments=1048576; tree.stride=5; compare=value; resolution=majority; mode=observe;"
                        + "lag.patience=1h; round.settle=1s; round.deadline=2s; repair.timeout=7m; repair.attempts=9;"
                        + "repair.validity=7d; tombstone.retention=14d; repair.max.fraction=0.25; repair.flood.min.keys=5; seeding=approve;"
                        + "round.segments.max=77; control.message.entries.max=500")
                .load()
                .settings("us");

        assertThat(settings.shape().segmentBits()).isEqualTo(20);
        assertThat(settings.shape().stride()).isEqualTo(5);
        assertThat(settings.rules().compareValues()).isTrue();
        assertThat(settings.rules().resolution()).isEqualTo(Resolution.MAJORITY);
        assertThat(settings.rules().observeOnly()).isTrue();
        assertThat(settings.times().patienceMs()).isEqualTo(3_600_000);
        assertThat(settings.times().settleMs()).isEqualTo(1_000);
        assertThat(settings.times().deadlineMs()).isEqualTo(2_000);
        assertThat(settings.times().repairTimeoutMs()).isEqualTo(420_000);
        assertThat(settings.limits().repairAttempts()).isEqualTo(9);
        assertThat(settings.times().repairValidityMs()).isEqualTo(604_800_000);
        assertThat(settings.times().tombstoneRetentionMs()).isEqualTo(1_209_600_000);
        assertThat(settings.limits().floodFraction()).isEqualTo(0.25);
        assertThat(settings.limits().floodMinKeys()).isEqualTo(5);
        assertThat(settings.rules().approveFills()).isTrue();
        assertThat(settings.limits().maxSegmentsPerRound()).isEqualTo(77);
        assertThat(settings.limits().maxEntriesPerMessage()).isEqualTo(500);
    }

    @Test
    void shouldShareTheRateOfRepairsAmongPartitions() {
        TrueupConfig config = new Example()
                .changed("repair.rate=50; round.interval=20s; grace=3s")
                .load();

        assertThat(config.settings("eu", 4).limits().repairsPerRound()).isEqualTo(250);
        assertThat(config.settings("eu", 5_000).limits().repairsPerRound()).isEqualTo(1);
        assertThat(new Example()
                        .changed("repair.rate=10000000; round.interval=1h")
                        .load()
                        .settings("eu", 1)
                        .limits()
                        .repairsPerRound())
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void shouldPlaceEveryPartitionWithAllReplicasOrAsManyAsTheRingSays() {
        Placement ring =
                Example.with("placement", "ring:2").load().settings("eu").placement();

        assertThat(Example.config().settings("eu").placement().owners(7)).containsExactly("ap", "eu", "us");
        assertThat(ring.owners(7)).hasSize(2);
        assertThat(ring.owners(7))
                .isEqualTo(Placement.ring(List.of("ap", "eu", "us"), 2).owners(7));
    }

    @Test
    void shouldPlacePartitionsWithTheOwnersThatAreGiven() {
        TrueupConfig config = new Example()
                .changed("placement=explicit; placement.partition.0=us,eu; placement.partition.12=ap, us")
                .load();
        Placement placement = config.settings("eu").placement();

        assertThat(placement.owners(0)).containsExactly("eu", "us");
        assertThat(placement.owners(1)).containsExactly("ap", "eu", "us");
        assertThat(placement.owners(12)).containsExactly("ap", "us");
        assertThat(config.highestPlacedPartition()).hasValue(12);
        assertThat(config.shown()).containsEntry("placement.partition.12", "ap, us");
        assertThat(Example.config().highestPlacedPartition()).isEmpty();
    }

    @Test
    void shouldTakeVectorsAndATieBreaker() {
        Settings vector = Example.with("resolution", "vector").load().settings("eu");
        Settings latest = Example.with("resolution.primary", "us").load().settings("eu");

        assertThat(vector.rules().resolution()).isEqualTo(Resolution.VECTOR);
        assertThat(vector.rules().primary()).isNull();
        assertThat(latest.rules().resolution()).isEqualTo(Resolution.LATEST);
        assertThat(latest.rules().primary()).isEqualTo("us");
    }

    @Test
    void shouldReadNoObservationsUnlessATopicIsSet() {
        assertThat(Example.config().observationsTopic()).isEmpty();
        assertThat(Example.with("observations.topic", "seen").load().observationsTopic())
                .hasValue("seen");
        assertThat(Example.config().conflictsTopic()).isEqualTo("shop.conflicts");
    }

    @Test
    void shouldShortenTheStrideForATreeThatIsShallower() {
        assertThat(Example.with("tree.segments", "4")
                        .load()
                        .settings("eu")
                        .shape()
                        .stride())
                .isEqualTo(2);
    }

    @Test
    void shouldTakeTheSettingsOfTheProcess() {
        TrueupConfig config = new Example()
                .changed("topics.create=true; topics.partitions=6; topics.replication.factor=3; state.dir=/srv/trueup;"
                        + "repair.value.max.bytes=1000")
                .load();

        assertThat(config.topicsCreate()).isTrue();
        assertThat(config.topicsPartitions()).hasValue(6);
        assertThat(config.topicsReplicationFactor()).isEqualTo((short) 3);
        assertThat(config.stateDir()).isEqualTo(Path.of("/srv/trueup"));
        assertThat(config.repairValueMaxBytes()).isEqualTo(1000);
        assertThat(config.bootstrapServers()).isEqualTo("kafka-1:9092,kafka-2:9092");
    }

    @Test
    void shouldLeaveExistingTopicsAloneByDefault() {
        TrueupConfig config = Example.config();

        assertThat(config.topicsCreate()).isFalse();
        assertThat(config.topicsPartitions()).isEmpty();
        assertThat(config.topicsReplicationFactor()).isEqualTo((short) -1);
    }

    @Test
    void shouldReadAFileAndLetTheEnvironmentReplaceIt() throws Exception {
        Path file = directory.resolve("trueup.properties");
        Files.writeString(file, """
                # a comment
                bootstrap.servers = kafka:9092
                dataset = büro
                dataset.is = wrong
                """);
        InvalidConfigurationException error = catchThrowableOfType(
                InvalidConfigurationException.class,
                () -> TrueupConfig.load(file, Map.of("TRUEUP_REPLICAS", "a,b", "TRUEUP_HASH_SECRET", Example.SECRET)));
        assertThat(error.problems())
                .hasSize(2)
                .anyMatch(problem -> problem.contains("büro"))
                .anyMatch(problem -> problem.contains("dataset.is"));

        Files.writeString(file, "bootstrap.servers = kafka:9092\ndataset = shop\nreplicas = a,b\ngrace = 1s\n");
        TrueupConfig config = TrueupConfig.load(
                file, Map.of("TRUEUP_GRACE", "2s", "TRUEUP_HASH_SECRET", Example.SECRET, "HOME", "/"));
        assertThat(config.grace()).hasSeconds(2);
        assertThat(config.bootstrapServers()).isEqualTo("kafka:9092");
    }

    @Test
    void shouldSayWhichFileCannotBeRead() throws Exception {
        Path missing = directory.resolve("missing.properties");
        assertThat(problemsOf(missing)).singleElement().asString().contains("no such file");

        Path latin = directory.resolve("latin.properties");
        Files.write(latin, "dataset=b\u00fcro".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(problemsOf(latin)).singleElement().asString().contains("UTF-8");

        Path escape = directory.resolve("escape.properties");
        Files.writeString(escape, "dataset=\\u12");
        assertThat(problemsOf(escape)).singleElement().asString().contains("four hexadecimal digits");

        assertThat(problemsOf(directory)).singleElement().asString().contains("it is a directory");
    }

    @Test
    void shouldRefuseAKeyThatIsSetTwice() throws Exception {
        Path file = directory.resolve("twice.properties");
        Files.writeString(
                file,
                "bootstrap.servers=k:1\ndataset=shop\nreplicas=a,b\ngrace=1s\ngrace=2s\nhash.secret=" + Example.SECRET);

        assertThat(problemsOf(file)).singleElement().asString().contains("grace is set twice");
    }

    @Test
    void shouldSummariseItselfInOneLine() {
        assertThat(Example.with("hosted.replicas", "eu").load())
                .hasToString("dataset shop on kafka-1:9092,kafka-2:9092: replicas ap, eu, us; hosted here eu;"
                        + " a round every 60s, grace 30s; repair, latest wins");
    }

    @Test
    void shouldShowTheSettingsInEffect() {
        Map<String, String> shown =
                Example.with("streams.num.stream.threads", "4").load().shown();

        assertThat(shown)
                .containsEntry("replica.eu.writes.topic", "shop.writes.eu")
                .containsEntry("replicas", "us, eu, ap")
                .containsEntry("lag.patience", "5m")
                .containsEntry("streams.num.stream.threads", "4")
                .doesNotContainKey("topics.partitions");
    }

    private static List<String> problemsOf(Path file) {
        return catchThrowableOfType(InvalidConfigurationException.class, () -> TrueupConfig.load(file, Map.of()))
                .problems();
    }
}
