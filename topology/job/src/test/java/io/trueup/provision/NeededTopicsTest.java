package io.trueup.provision;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NeededTopicsTest {

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "bootstrap.servers",
            "kafka-1:9092",
            "dataset",
            "products",
            "replicas",
            "eu,us,ap",
            "hosted.replicas",
            "eu,us",
            "hash.secret",
            "0123456789abcdef0123456789abcdef"));

    private NeededTopics needed() {
        return new NeededTopics(TrueupConfig.of(settings));
    }

    private NeededTopic topic(String name) {
        return needed().all().stream()
                .filter(topic -> topic.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldListEveryTopicOnceWithAReasonForEachSetting() {
        settings.put("observations.topic", "products.observations");
        settings.put("control.topics", "products.control,ap.products.control");

        assertThat(needed().all())
                .extracting(topic -> topic.use() + " " + topic.name())
                .containsExactly(
                        "WRITES products.writes.eu",
                        "WRITES products.writes.us",
                        "WRITES_ELSEWHERE products.writes.ap",
                        "REPAIRS products.repairs.ap",
                        "REPAIRS products.repairs.eu",
                        "REPAIRS products.repairs.us",
                        "CONTROL products.control",
                        "CONTROL ap.products.control",
                        "OBSERVATIONS products.observations",
                        "ROUNDS products.rounds",
                        "CONFLICTS products.conflicts",
                        "DEAD_LETTERS products.dead-letters",
                        "CHANGELOG trueup-products-eu-entries-changelog",
                        "CHANGELOG trueup-products-us-entries-changelog");
        assertThat(needed().all())
                .flatExtracting(NeededTopic::settings)
                .allSatisfy(setting -> assertThat(setting.reason()).isNotBlank().doesNotEndWith("."));
        assertThat(topic("ap.products.control").settingsAtCreation())
                .isEqualTo(topic("products.control").settingsAtCreation());
    }

    @Test
    void shouldGiveAPlainWritesTopicTheTimeOfItsWritersWhereTheirTimesAreVersions() {
        assertThat(topic("products.writes.eu").settingsAtCreation())
                .isEqualTo(Map.of("cleanup.policy", "compact", "delete.retention.ms", "604800000"));

        settings.put("replica.eu.writes.format", "plain");
        assertThat(topic("products.writes.eu").settingsAtCreation())
                .containsEntry("message.timestamp.type", "CreateTime");

        settings.put("compare", "value");
        settings.put("resolution", "primary:us");
        assertThat(topic("products.writes.eu").settingsAtCreation()).doesNotContainKey("message.timestamp.type");
    }

    @Test
    void shouldRaiseTheSizeOfRecordsOnlyWhereTheDefaultIsTooSmall() {
        assertThat(topic("products.repairs.us").settingsAtCreation()).doesNotContainKey("max.message.bytes");
        assertThat(topic("products.control").settingsAtCreation()).doesNotContainKey("max.message.bytes");

        settings.put("repair.value.max.bytes", "3000000");
        settings.put("producer.max.request.size", "4000000");

        assertThat(topic("products.repairs.us").settingsAtCreation()).containsEntry("max.message.bytes", "3065536");
        assertThat(topic("products.control").settingsAtCreation()).doesNotContainKey("max.message.bytes");
    }

    @Test
    void shouldTakeTheNumberOfPartitionsFromTheConfigurationOrFromTopicsOfTheDataset() {
        assertThat(needed().partitions(Map.of())).isEqualTo(4);
        assertThat(needed().partitions(Map.of("products.writes.us", 6, "products.rounds", 1)))
                .isEqualTo(6);

        settings.put("topics.partitions", "12");
        assertThat(needed().partitions(Map.of("products.writes.us", 6))).isEqualTo(12);
    }

    @Test
    void shouldPrintACommandThatAShellTakesAsItIs() {
        settings.put("bootstrap.servers", "[::1]:9092");
        settings.put("topics.replication.factor", "3");

        assertThat(needed().createCommand("products.writes.eu", 6))
                .isEqualTo("kafka-topics.sh --bootstrap-server '[::1]:9092' --create --topic products.writes.eu"
                        + " --partitions 6 --replication-factor 3 --config cleanup.policy=compact"
                        + " --config delete.retention.ms=604800000");
    }

    @Test
    void shouldKnowWhichTopicsOfAClusterHaveNoPurpose() {
        assertThat(needed().unused(Set.of("products.writes.ap", "products.writs.eu", "products.control", "other")))
                .containsExactly("other", "products.writs.eu");
    }

    @ParameterizedTest
    @CsvSource({
        "products.writes.eu,   cleanup.policy,      compact,       -1,     604800000, true",
        "products.writes.eu,   cleanup.policy,      delete,        -1,     86400000,  true",
        "products.writes.eu,   cleanup.policy,      delete,        900000, 604800000, false",
        "products.writes.eu,   cleanup.policy,      'compact,delete', 900000, 604800000, false",
        "products.writes.eu,   delete.retention.ms, compact,       -1,     86400000,  false",
        "products.writes.eu,   delete.retention.ms, compact,       -1,     700000000, true",
        "products.writes.eu,   delete.retention.ms, delete,        -1,     86400000,  true",
        "products.conflicts,   cleanup.policy,      delete,        900000, 86400000,  false",
        "products.control,     cleanup.policy,      'compact,delete', -1,  86400000,  false",
        "products.control,     cleanup.policy,      delete,        900000, 86400000,  true",
        "products.repairs.us,  retention.ms,        delete,        900000, 86400000,  false",
        "products.repairs.us,  retention.ms,        delete,        900000000, 86400000, true",
        "products.repairs.us,  retention.ms,        delete,        -1,     86400000,  true",
        "products.repairs.us,  max.message.bytes,   delete,        -1,     86400000,  true",
        "products.rounds,      message.timestamp.type, delete,     -1,     86400000,  false",
    })
    void shouldAcceptWhatServesAsWell(
            String topic, String setting, String cleanup, String retention, String deletes, boolean serves) {
        Map<String, String> actual = Map.of(
                "cleanup.policy",
                cleanup,
                "retention.ms",
                retention,
                "delete.retention.ms",
                deletes,
                "max.message.bytes",
                "1048588",
                "message.timestamp.type",
                "CreateTime");

        assertThat(topic(topic).settings())
                .filteredOn(needed -> needed.name().equals(setting))
                .singleElement()
                .satisfies(needed -> assertThat(needed.isMetBy(actual)).isEqualTo(serves));
    }
}
