package io.trueup.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.WireFormat;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.registry.RegistryServer;
import io.trueup.registry.RegistrySettings;
import io.trueup.schema.Condition;
import io.trueup.schema.Divergence;
import io.trueup.schema.Observed;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.WriteEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Records with a schema registry, and Confluent's client for JavaScript: each reads what the other writes. */
class NodeRegistryIT {

    private static final Path WITNESS = Node.SCRIPTS.resolve("registry").resolve("witness.js");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long POSITION_MS = 1_700_000_000_000L;

    private static RegistryServer registry;
    private static Process node;
    private static BufferedReader answers;
    private static PrintWriter questions;

    @BeforeAll
    static void start() throws Exception {
        Node.installModules(WITNESS.getParent());
        registry = RegistryServer.start();
        node = Node.start(List.of(WITNESS.toString(), registry.url()));
        answers = node.inputReader(UTF_8);
        questions = new PrintWriter(node.outputWriter(UTF_8), true);
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.destroyForcibly();
        }
        if (registry != null) {
            registry.close();
        }
    }

    @Test
    void shouldWriteWhatConfluentsClientReads() throws Exception {
        try (RecordCodecs codecs = codecs()) {
            WriteEvent write = WriteEvent.newBuilder()
                    .setVersion(5)
                    .setVector(Map.of("eu", 3L, "us", 2L))
                    .setPosition(POSITION_MS)
                    .setValue(ByteBuffer.wrap("värde".getBytes(UTF_8)))
                    .setRepairId("r-1")
                    .build();
            RepairEvent repair = RepairEvent.newBuilder()
                    .setId("r-2")
                    .setDataset("shop")
                    .setTarget("us")
                    .setSupplier("eu")
                    .setPartition(1)
                    .setCut(POSITION_MS)
                    .setReason(Divergence.STALE)
                    .setVersion(7)
                    .setPosition(POSITION_MS)
                    .setObserved(new Observed(6L, null, true))
                    .setCondition(Condition.UNLESS_NEWER)
                    .setValidUntil(POSITION_MS + 1)
                    .build();

            JsonNode readWrite = read(codecs.of(WriteEvent.class).encode("shop.writes", write));
            JsonNode readRepair = read(codecs.of(RepairEvent.class).encode("shop.repairs", repair));

            assertThat(readWrite)
                    .isEqualTo(JSON.readTree("{\"version\":5,\"vector\":{\"eu\":3,\"us\":2},\"position\":" + POSITION_MS
                            + ",\"deleted\":false,\"value\":{\"hex\":\"76c3a4726465\"},\"valueDigest\":null,"
                            + "\"expiry\":null,\"repairId\":\"r-1\"}"));
            assertThat(readRepair.path("reason").asText()).isEqualTo("STALE");
            assertThat(readRepair.path("condition").asText()).isEqualTo("UNLESS_NEWER");
            assertThat(readRepair.path("observed"))
                    .isEqualTo(JSON.readTree("{\"version\":6,\"vector\":null,\"deleted\":true}"));
            assertThat(readRepair.path("validUntil").asLong()).isEqualTo(POSITION_MS + 1);
        }
    }

    @Test
    void shouldReadWhatConfluentsClientWrites() throws Exception {
        String record = "{\"version\":9,\"vector\":{\"eu\":9},\"position\":" + POSITION_MS
                + ",\"deleted\":false,\"value\":{\"hex\":\"00ff\"},\"valueDigest\":null,\"expiry\":" + (POSITION_MS + 5)
                + ",\"repairId\":null}";

        WriteEvent event = (WriteEvent)
                decoded(written("shop.js", record, WriteEvent.getClassSchema().toString()));

        assertThat(event)
                .isEqualTo(WriteEvent.newBuilder()
                        .setVersion(9)
                        .setVector(Map.of("eu", 9L))
                        .setPosition(POSITION_MS)
                        .setValue(ByteBuffer.wrap(new byte[] {0, -1}))
                        .setExpiry(POSITION_MS + 5)
                        .build());
    }

    /** Another application has a schema of its own: fewer fields, in another order. */
    @Test
    void shouldReadWhatConfluentsClientWritesByASchemaOfItsOwn() throws Exception {
        String schema = "{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                + "{\"name\":\"value\",\"type\":\"bytes\"},{\"name\":\"position\",\"type\":\"long\"},"
                + "{\"name\":\"version\",\"type\":\"int\"}]}";

        WriteEvent event = (WriteEvent) decoded(written(
                "shop.other", "{\"version\":2,\"position\":" + POSITION_MS + ",\"value\":{\"hex\":\"61\"}}", schema));

        assertThat(event.getVersion()).isEqualTo(2);
        assertThat(event.getPosition()).isEqualTo(POSITION_MS);
        assertThat(event.getValue()).isEqualTo(ByteBuffer.wrap(new byte[] {'a'}));
        assertThat(event.getDeleted()).isFalse();
    }

    private static RecordCodecs codecs() {
        return ConfiguredCodecs.open(RegistrySettings.of(Map.of("schema.registry.url", registry.url())));
    }

    private static SpecificRecord decoded(byte[] bytes) throws MalformedRecordException {
        assertThat(WireFormat.isMarked(bytes)).isTrue();
        try (RecordCodecs codecs = codecs()) {
            return codecs.of(WriteEvent.class).decode("shop", bytes);
        }
    }

    private static JsonNode read(byte[] bytes) throws IOException {
        assertThat(WireFormat.isMarked(bytes)).isTrue();
        return ask("{\"topic\":\"shop\",\"read\":{\"hex\":\"" + HexFormat.of().formatHex(bytes) + "\"}}");
    }

    private static byte[] written(String topic, String record, String schema) throws IOException {
        JsonNode bytes = ask("{\"topic\":\"" + topic + "\",\"write\":" + record + ",\"schema\":"
                + JSON.writeValueAsString(schema) + "}");
        return HexFormat.of().parseHex(bytes.path("hex").asText());
    }

    private static JsonNode ask(String question) throws IOException {
        questions.println(question);
        String answer = answers.readLine();
        assertThat(answer)
                .as("the witness answers; otherwise it has said why on its standard error")
                .isNotNull();
        return JSON.readTree(answer);
    }
}
