package io.trueup.attach;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.ListedSchemas;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.WriteEvent;
import io.trueup.source.DefaultPartitioner;
import io.trueup.topic.TopicInspector;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class AssessmentTest {

    private static final long NOW = 1_700_000_000_000L;
    private static final Map<String, String> COMPACTED =
            Map.of("cleanup.policy", "compact", "delete.retention.ms", "604800000", "retention.ms", "-1");

    @Test
    void shouldProposeToCompareValuesAndNameTheReplicaThatIsRight() {
        Assessment assessment = assess(filled("eu", 4, "v"), filled("us", 4, "v"));

        assertThat(assessment.isFit()).isTrue();
        assertThat(assessment.settings())
                .containsEntry("compare", "value")
                .containsEntry("resolution", "primary:eu")
                .containsEntry("replica.eu.role", "source")
                .containsEntry("replica.eu.writes.topic", "orders.eu")
                .containsEntry("replica.eu.writes.format", "plain")
                .containsEntry("replica.us.repairs.format", "plain")
                .doesNotContainKeys("replica.us.role", "replica.eu.repairs.format", "value.canonical");
        assertThat(texts(assessment, Remark.Level.NOTE))
                .singleElement()
                .asString()
                .contains("no version that is the same in all topics")
                .contains("eu, the first that was named; --source names another");
        assertThat(texts(assessment, Remark.Level.OK)).anyMatch(text -> text.contains("20 of 20 values"));
    }

    @Test
    void shouldTakeTheSourceThatIsNamed() {
        Assessment assessment = Assessment.of(List.of(filled("eu", 4, "v"), filled("us", 4, "v")), Optional.of("us"));

        assertThat(assessment.settings())
                .containsEntry("resolution", "primary:us")
                .containsEntry("replica.us.role", "source");
    }

    @Test
    void shouldProposeVersionsWhereAllRecordsHaveThem() {
        SampledTopic eu = topic("eu", 4, COMPACTED);
        SampledTopic us = topic("us", 4, COMPACTED);
        for (int i = 0; i < 20; i++) {
            Headers versioned = new RecordHeaders().add(HeaderNames.VERSION, bytes("7"));
            eu.accept(record(eu, "key-" + i, "v", NOW, versioned), NOW);
            us.accept(record(us, "key-" + i, "v", NOW, versioned), NOW);
        }

        assertThat(assess(eu, us).settings())
                .containsEntry("compare", "version")
                .containsEntry("resolution", "latest")
                .doesNotContainKey("replica.eu.role");
    }

    @Test
    void shouldProposeTheCanonicalFormAndTheMembersThatEachWriterSets() {
        SampledTopic eu = topic("eu", 4, COMPACTED);
        SampledTopic us = topic("us", 4, COMPACTED);
        for (int i = 0; i < 20; i++) {
            add(
                    eu,
                    "key-" + i,
                    "{\"id\":" + i + ",\"at\":" + i + ",\"meta\":{\"host\":\"a\"},\"price\":" + (i == 3 ? 1 : 2) + "}");
            add(us, "key-" + i, "{\"price\":2.0,\"meta\":{\"host\":\"b\"},\"at\":" + (100 + i) + ",\"id\":" + i + "}");
        }

        Assessment assessment = assess(eu, us);

        assertThat(assessment.settings())
                .containsEntry("value.canonical", "json")
                .containsEntry("value.ignore", "/at, /meta/host");
        assertThat(texts(assessment, Remark.Level.NOTE))
                .anyMatch(text ->
                        text.contains("0 of 20 values that both samples have are the same bytes, and 19 are the same"
                                + " JSON documents, if these members are left out: /at, /meta/host"));
    }

    @Test
    void shouldCompareTheRowsOfChangeEvents() {
        SampledTopic eu = topic("eu", 4, COMPACTED);
        SampledTopic us = topic("us", 4, COMPACTED);
        for (int i = 0; i < 20; i++) {
            String row = "{\"id\":" + i + ",\"at\":19000}";
            add(eu, "key-" + i, "{\"before\":null,\"after\":" + row + ",\"source\":{\"lsn\":" + i + "},\"op\":\"c\"}");
            add(us, "key-" + i, "{\"after\":" + row + ",\"source\":{\"pos\":" + 7 * i + "},\"op\":\"r\"}");
        }

        Assessment assessment = assess(eu, us);

        assertThat(assessment.settings())
                .containsEntry("replica.eu.writes.format", "debezium-json")
                .containsEntry("replica.us.repairs.format", "plain")
                .containsEntry("value.canonical", "json")
                .doesNotContainKey("value.ignore");
        assertThat(texts(assessment, Remark.Level.OK))
                .anyMatch(text -> text.contains("change events of Debezium"))
                .anyMatch(text -> text.contains("20 of 20 values that both samples have are the same bytes"));
    }

    @Test
    void shouldNotLeaveOutMembersThatAreTheSameInManyValues() {
        SampledTopic eu = topic("eu", 4, COMPACTED);
        SampledTopic us = topic("us", 4, COMPACTED);
        for (int i = 0; i < 20; i++) {
            add(eu, "key-" + i, "{\"a\":" + i + ",\"b\":1}");
            add(us, "key-" + i, i % 3 == 0 ? "{\"a\":" + i + ",\"b\":1}" : "{\"a\":" + i + 1 + ",\"b\":2}");
        }

        assertThat(assess(eu, us).settings()).doesNotContainKeys("value.canonical", "value.ignore");
    }

    @Test
    void shouldRefuseTopicsWithDifferentNumbersOfPartitions() {
        Assessment assessment = assess(filled("eu", 4, "v"), filled("us", 6, "v"));

        assertThat(assessment.isFit()).isFalse();
        assertThat(texts(assessment, Remark.Level.UNFIT))
                .singleElement()
                .asString()
                .contains("The topics have 4 and 6 partitions");
    }

    @Test
    void shouldRefuseKeysInDifferentPartitionsAndNameOne() {
        SampledTopic us = topic("us", 4, COMPACTED);
        us.accept(
                new ConsumerRecord<>(
                        "orders.us",
                        (DefaultPartitioner.partitionOf(bytes("key-7"), 4) + 1) % 4,
                        0,
                        NOW,
                        TimestampType.CREATE_TIME,
                        1,
                        1,
                        ByteBuffer.wrap(bytes("key-7")),
                        ByteBuffer.wrap(bytes("v")),
                        new RecordHeaders(),
                        Optional.empty()),
                NOW);

        Assessment assessment = assess(filled("eu", 4, "v"), us);

        assertThat(texts(assessment, Remark.Level.UNFIT))
                .singleElement()
                .asString()
                .contains("1 of 1 keys are in different partitions: 'key-7' is in partition")
                .contains("different partitioners");
        assertThat(texts(assessment, Remark.Level.NOTE)).anyMatch(text -> text.contains("default partitioner"));
    }

    @Test
    void shouldRefuseAnEmptyTopicAndOneWithoutKeys() {
        SampledTopic keyless = topic("us", 4, COMPACTED);
        add(keyless, null, "v");

        assertThat(texts(assess(topic("eu", 4, COMPACTED), keyless), Remark.Level.UNFIT))
                .hasSize(2)
                .anyMatch(text -> text.contains("no committed record") && text.contains("check the name"))
                .anyMatch(text -> text.contains("No record has a key"));
    }

    @Test
    void shouldRemarkWhatLimitsAComparison() {
        Map<String, String> settings = new HashMap<>();
        settings.put("cleanup.policy", "compact,delete");
        settings.put("delete.retention.ms", "86400000");
        settings.put("retention.ms", "604800000");
        settings.put("message.timestamp.type", "LogAppendTime");
        SampledTopic eu = new SampledTopic(
                "eu",
                "orders.eu",
                state(4),
                settings,
                List.of(new TopicInspector.OpenTransaction(2, 77, 5, NOW)),
                Optional.empty());
        add(eu, "key-1", "{\"op\":\"c\",\"source\":{},\"before\":null,\"after\":{\"id\":1}}");
        eu.accept(
                record(
                        eu,
                        "key-2",
                        "{\"schema\":null,\"payload\":{\"op\":\"u\",\"source\":{},\"after\":null}}",
                        NOW + 3_600_000,
                        new RecordHeaders()),
                NOW);
        SampledTopic us = topic("us", 4, Map.of());
        add(us, "key-1", "\0\0\0\0\5avro");
        add(us, null, "v");
        add(us, "key-2", "\0\0\0\0\5avro");

        assertThat(texts(assess(eu, us), Remark.Level.NOTE))
                .anyMatch(text -> text.startsWith("orders.eu") && text.contains("Records are deleted after 7 d"))
                .anyMatch(text -> text.contains("Compaction keeps deletes for 1 d"))
                .anyMatch(text -> text.contains("LogAppendTime"))
                .anyMatch(text -> text.contains("Partition 2 has a transaction that is open since offset 5"))
                .anyMatch(text -> text.contains("1 change events cannot be read") && text.contains("no object after"))
                .anyMatch(text -> text.contains("1 of 2 records have a timestamp more than a minute ahead"))
                .anyMatch(text -> text.startsWith("orders.us") && text.contains("id of a schema"))
                .anyMatch(text -> text.contains("1 of 3 records have no key"))
                .anyMatch(text -> text.startsWith("orders.us") && text.contains("DescribeConfigs"));
    }

    /** A topic that is moved to a registry has both encodings for a while. */
    @Test
    void shouldTakeATopicThatIsMovedToARegistryForTrueup() {
        SampledTopic eu = topic("eu", 4, COMPACTED);
        SampledTopic us = topic("us", 4, COMPACTED);
        for (SampledTopic topic : List.of(eu, us)) {
            byte[] written = SingleObjectCodec.of(WriteEvent.class)
                    .encode(
                            topic.name(),
                            WriteEvent.newBuilder()
                                    .setVersion(1)
                                    .setPosition(NOW)
                                    .setDeleted(true)
                                    .build());
            topic.accept(
                    new ConsumerRecord<>(topic.name(), 0, 0, ByteBuffer.wrap(bytes("key-1")), ByteBuffer.wrap(written)),
                    NOW);
            add(topic, "key-2", "\0\0\0\0\5avro");
        }

        Assessment assessment = assess(eu, us);

        assertThat(texts(assessment, Remark.Level.UNFIT)).noneMatch(text -> text.contains("one format"));
        assertThat(texts(assessment, Remark.Level.NOTE))
                .anyMatch(text -> text.startsWith("orders.eu") && text.contains("schema.registry.url"));
        assertThat(eu.isTrueup()).isTrue();
    }

    @Test
    void shouldSayThatNoKeyIsInBothTopics() {
        SampledTopic other = topic("us", 4, COMPACTED);
        add(other, "another", "v");

        assertThat(texts(assess(filled("eu", 4, "v"), other), Remark.Level.NOTE))
                .anyMatch(text -> text.contains("No key of the sample is in both topics"));
    }

    @Test
    void shouldProposeToCompareRecordsThatTwoWritersEncodeInTheirOwnWays() {
        RecordCodecs codecs = ListedSchemas.codecs(
                SchemaBuilder.record("Order")
                        .fields()
                        .requiredInt("id")
                        .requiredInt("at")
                        .endRecord(),
                SchemaBuilder.record("Event")
                        .fields()
                        .requiredLong("at")
                        .requiredLong("id")
                        .endRecord());
        SampledTopic eu = topic("eu", codecs);
        SampledTopic us = topic("us", codecs);
        for (int i = 0; i < 20; i++) {
            char id = (char) (2 * i);
            char other = i == 3 ? 1 : id;
            add(eu, "key-" + i, "\0\0\0\0\0" + id + "\2");
            add(us, "key-" + i, "\0\0\0\0\1" + "\4" + other);
        }

        Assessment assessment = assess(eu, us);

        assertThat(assessment.needsRegistry()).isTrue();
        assertThat(assessment.settings())
                .containsEntry("replica.eu.writes.format", "plain")
                .containsEntry("value.canonical", "avro")
                .containsEntry("value.ignore", "/at");
        assertThat(texts(assessment, Remark.Level.OK))
                .anyMatch(text -> text.contains("plain records of Avro, by schemas of the registry"));
        assertThat(texts(assessment, Remark.Level.NOTE))
                .anyMatch(text ->
                        text.contains("0 of 20 values that both samples have are the same bytes, and 19 are the same"
                                + " records, if these members are left out: /at"))
                .noneMatch(text -> text.contains("Name the registry"));
    }

    @Test
    void shouldCompareTheBytesOfRecordsThatAreCopies() {
        RecordCodecs codecs = ListedSchemas.codecs(Schema.create(Schema.Type.STRING));
        SampledTopic eu = topic("eu", codecs);
        SampledTopic us = topic("us", codecs);
        SampledTopic other = topic("us", codecs);
        for (int i = 0; i < 20; i++) {
            add(eu, "key-" + i, "\0\0\0\0\0\2x");
            add(us, "key-" + i, "\0\0\0\0\0\2x");
            add(other, "other-" + i, "\0\0\0\0\0\2x");
        }

        assertThat(assess(eu, us).settings()).doesNotContainKey("value.canonical");
        assertThat(assess(eu, other).settings())
                .as("no value shows how the other writes it")
                .containsEntry("value.canonical", "avro");
    }

    @Test
    void shouldRecogniseWriteEventsByTheSchemasOfARegistry() {
        RecordCodecs codecs = ListedSchemas.codecs(WriteEvent.getClassSchema());
        SampledTopic eu = topic("eu", codecs);
        SampledTopic us = topic("us", codecs);
        for (int i = 0; i < 20; i++) {
            add(eu, "key-" + i, "\0\0\0\0\0event");
            add(us, "key-" + i, "\0\0\0\0\0event");
        }

        Assessment assessment = assess(eu, us);

        assertThat(assessment.needsRegistry()).isTrue();
        assertThat(assessment.settings())
                .containsEntry("replica.eu.writes.format", "trueup")
                .containsEntry("compare", "version")
                .doesNotContainKey("value.canonical");
    }

    @Test
    void shouldSayWhichRecordsHaveNoSchema() {
        SampledTopic eu = topic("eu", ListedSchemas.codecs());
        for (int i = 0; i < 20; i++) {
            add(eu, "key-" + i, "\0\0\0\0\7x");
        }

        Assessment assessment = assess(eu, filled("us", 4, "v"));

        assertThat(texts(assessment, Remark.Level.NOTE))
                .anyMatch(
                        text -> text.startsWith(
                                "orders.eu: 20 of 20 records begin with the id of a schema and cannot be"
                                        + " read by it. One of them: written with schema id 7: the registry has no such schema"));
        assertThat(assessment.needsRegistry()).isFalse();
        assertThat(assessment.settings()).doesNotContainKey("value.canonical");
    }

    private static SampledTopic topic(String replica, RecordCodecs codecs) {
        return new SampledTopic(replica, "orders." + replica, state(4), COMPACTED, List.of(), Optional.of(codecs));
    }

    private static Assessment assess(SampledTopic... topics) {
        return Assessment.of(List.of(topics), Optional.empty());
    }

    private static List<String> texts(Assessment assessment, Remark.Level level) {
        return assessment.remarks().stream()
                .filter(remark -> remark.level() == level)
                .map(remark -> remark.about() + ": " + remark.text())
                .toList();
    }

    private static SampledTopic filled(String replica, int partitions, String value) {
        SampledTopic topic = topic(replica, partitions, COMPACTED);
        for (int i = 0; i < 20; i++) {
            add(topic, "key-" + i, value);
        }
        return topic;
    }

    private static SampledTopic topic(String replica, int partitions, Map<String, String> settings) {
        return new SampledTopic(replica, "orders." + replica, state(partitions), settings, List.of(), Optional.empty());
    }

    private static TopicInspector.Topic state(int partitions) {
        List<Long> offsets = new ArrayList<>(Collections.nCopies(partitions, 0L));
        return new TopicInspector.Topic(Uuid.ONE_UUID, offsets, offsets, Optional.empty());
    }

    private static void add(SampledTopic topic, String key, String value) {
        topic.accept(record(topic, key, value, NOW, new RecordHeaders()), NOW);
    }

    private static ConsumerRecord<ByteBuffer, ByteBuffer> record(
            SampledTopic topic, String key, String value, long timestampMs, Headers headers) {
        return new ConsumerRecord<>(
                topic.name(),
                key == null
                        ? 0
                        : DefaultPartitioner.partitionOf(
                                bytes(key), topic.state().partitions()),
                0,
                timestampMs,
                TimestampType.CREATE_TIME,
                1,
                1,
                key == null ? null : ByteBuffer.wrap(bytes(key)),
                ByteBuffer.wrap(bytes(value)),
                headers,
                Optional.empty());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
