package io.trueup.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.schema.ControlMessage;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Evidence;
import io.trueup.schema.Hash;
import io.trueup.schema.Level;
import io.trueup.schema.Outcome;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.Root;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Segment;
import io.trueup.schema.SegmentEntry;
import io.trueup.schema.WriteEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class SingleObjectCodecTest {

    private static final String TOPIC = "a-topic";

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);

    private static final SingleObjectCodec<SpecificRecord> ALL = SingleObjectCodec.anyOf(
            List.of(WriteEvent.class, ProgressEvent.class, ControlMessage.class, RoundReport.class), List.of());

    private static final List<SpecificRecord> RECORDS =
            List.of(write("value"), new ProgressEvent(17L), level(), segment(), root(), report());

    @Test
    void shouldReturnEveryRecordAsItWas() throws Exception {
        for (SpecificRecord record : RECORDS) {
            assertThat(ALL.decode(TOPIC, ALL.encode(TOPIC, record))).isEqualTo(record);
        }
    }

    @Test
    void shouldWriteWhatAvroItselfWrites() throws IOException {
        WriteEvent record = write("value");
        ByteBuffer expected = record.toByteBuffer();

        assertThat(ByteBuffer.wrap(WRITES.encode(TOPIC, record))).isEqualTo(expected);
    }

    @Test
    void shouldReadAnOlderVersionThatItWasGiven() throws Exception {
        Schema older = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"version\",\"type\":\"int\"},{\"name\":\"position\",\"type\":\"long\"},"
                        + "{\"name\":\"forgotten\",\"type\":\"string\"}]}");
        GenericRecord record = new GenericData.Record(older);
        record.put("version", 3);
        record.put("position", 4L);
        record.put("forgotten", "gone");
        ByteBuffer bytes = new BinaryMessageEncoder<GenericRecord>(GenericData.get(), older).encode(record);

        WriteEvent read = SingleObjectCodec.of(WriteEvent.class, older).decode(TOPIC, bytes.array());

        assertThat(read.getVersion()).isEqualTo(3);
        assertThat(read.getPosition()).isEqualTo(4);
        assertThat(read.getValue()).isNull();
        assertMalformed(bytes.array(), "unknown schema");
    }

    @Test
    void shouldReadEveryReleasedVersion() throws Exception {
        Schema first = new SchemaParser()
                .parse(getClass().getResourceAsStream("/io/trueup/schema/history/ControlMessage/1.avsc"))
                .mainSchema();
        Schema root = first.getField("body").schema().getTypes().get(0);
        GenericRecord body = new GenericData.Record(root);
        body.put("hash", new GenericData.Fixed(root.getField("hash").schema(), new byte[16]));
        body.put("entries", 3L);
        body.put("watermark", 4L);
        body.put("seeding", true);
        body.put("joining", false);
        GenericRecord message = new GenericData.Record(first);
        message.put("dataset", "shop");
        message.put("replica", "eu");
        message.put("partition", 1);
        message.put("cut", 2L);
        message.put("sealOffset", 3L);
        message.put("fingerprint", 4L);
        message.put("body", body);
        ByteBuffer bytes = new BinaryMessageEncoder<GenericRecord>(GenericData.get(), first).encode(message);

        ControlMessage read = SingleObjectCodec.of(ControlMessage.class).decode(TOPIC, bytes.array());

        assertThat(read.getFingerprint()).isEqualTo(4);
        assertThat(read.getBody()).isInstanceOfSatisfying(Root.class, decoded -> {
            assertThat(decoded.getFilling()).as("seeding in version 1").isTrue();
            assertThat(decoded.getEvidence().getProgress()).as("no proof").isNull();
        });
    }

    @Test
    void shouldRefuseAnOlderVersionThatCannotBeRead() {
        Schema older = new Schema.Parser()
                .parse(
                        "{\"type\":\"record\",\"name\":\"ProgressEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":[]}");

        assertThatThrownBy(() -> SingleObjectCodec.of(ProgressEvent.class, older))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("position");
        assertThatThrownBy(() -> SingleObjectCodec.of(WriteEvent.class, older))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("io.trueup.schema.ProgressEvent");
    }

    @Test
    void shouldRefuseToEncodeWhatItCouldNotDecode() {
        SingleObjectCodec<SpecificRecord> codec = SingleObjectCodec.anyOf(List.of(WriteEvent.class), List.of());

        assertThatThrownBy(() -> codec.encode(TOPIC, new ProgressEvent(1L)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected WriteEvent");
        assertThatThrownBy(() -> ALL.encode(TOPIC, new ControlMessage()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ControlMessage");
        assertThatThrownBy(() -> SingleObjectCodec.anyOf(List.of(), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldReportWhatIsWrongWithTheHeader() {
        byte[] progress = SingleObjectCodec.of(ProgressEvent.class).encode(TOPIC, new ProgressEvent(1L));

        assertMalformed(null, "no value; expected WriteEvent");
        assertMalformed(new byte[0], "too short", "0 bytes");
        assertMalformed(Arrays.copyOf(progress, 9), "too short", "9 bytes");
        assertMalformed("{\"version\":1}".getBytes(StandardCharsets.UTF_8), "starts with 7b22 instead of c301");
        byte[] unknown = {(byte) 0xC3, 1, (byte) 0xDE, (byte) 0xAD, 0, 0, 0, 0, 0, 7, 0};
        assertMalformed(unknown, "fingerprint dead000000000007", "expected WriteEvent");
        assertMalformed(progress, "unknown schema");
    }

    @Test
    void shouldNoticeEveryTruncationAndTrailingBytes() {
        for (SpecificRecord record : RECORDS) {
            byte[] bytes = ALL.encode(TOPIC, record);
            for (int length = SingleObjectCodec.HEADER_BYTES; length < bytes.length; length++) {
                byte[] truncated = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> ALL.decode(TOPIC, truncated)).isInstanceOf(MalformedRecordException.class);
            }
            byte[] extended = Arrays.copyOf(bytes, bytes.length + 3);
            assertThatThrownBy(() -> ALL.decode(TOPIC, extended)).hasMessageContaining("3 bytes too many");
        }
        byte[] bytes = WRITES.encode(TOPIC, write("value"));
        assertMalformed(Arrays.copyOf(bytes, bytes.length - 1), "ends in the middle of the WriteEvent");
    }

    /** Each body claims an array, a map, a string or bytes whose length is far greater than the record, or negative. */
    @Test
    void shouldRefuseAbsurdLengthsWithoutReservingMemory() throws IOException {
        for (long length : new long[] {-1, 1_000, Integer.MAX_VALUE - 8L, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertMalformedBody(new WriteEvent(), length, 1, 1, 0, 1);
            assertMalformedBody(new ControlMessage(), length);
            assertMalformedBody(new ControlMessage(), length, new int[] {2, 'd', 2, 'r', 0, 0, 0, 0, 1, 0, 0});
            assertMalformedBody(new ControlMessage(), length, new int[] {2, 'd', 2, 'r', 0, 0, 0, 0, 1, 0, 0, 0});
            assertMalformedBody(new ControlMessage(), length, new int[] {2, 'd', 2, 'r', 0, 0, 0, 0, 2, 0, 0, 1});
            assertMalformedBody(
                    new RoundReport(), length, new int[] {2, 'd', 2, 'r', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        }
    }

    @Test
    void shouldRefuseUnionBranchesThatDoNotExist() {
        byte[] bytes = WRITES.encode(TOPIC, write("value"));
        bytes[SingleObjectCodec.HEADER_BYTES + 3] = 6;

        assertMalformed(bytes, "not a valid WriteEvent", "index");
    }

    @Test
    void shouldServeManyThreads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> work = IntStream.range(0, 64)
                    .mapToObj(i -> (Callable<Void>) () -> {
                        WriteEvent record = write("value " + i);
                        assertThat(WRITES.decode(TOPIC, WRITES.encode(TOPIC, record)))
                                .isEqualTo(record);
                        return null;
                    })
                    .toList();
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Property
    void shouldThrowNothingButMalformedOnRandomBodies(@ForAll @From("headers") byte[] header, @ForAll byte[] body) {
        byte[] bytes = Arrays.copyOf(header, header.length + body.length);
        System.arraycopy(body, 0, bytes, header.length, body.length);
        decodeOrRefuse(bytes);
    }

    @Property
    void shouldThrowNothingButMalformedOnRandomBytes(@ForAll byte[] bytes) {
        decodeOrRefuse(bytes);
    }

    @Property(tries = 3000)
    void shouldThrowNothingButMalformedOnMutations(
            @ForAll @From("encodings") byte[] encoding, @ForAll("mutations") List<int[]> mutations) {
        byte[] bytes = encoding.clone();
        for (int[] mutation : mutations) {
            bytes[Math.floorMod(mutation[0], bytes.length)] = (byte) mutation[1];
        }
        decodeOrRefuse(bytes);
    }

    @Provide
    Arbitrary<byte[]> encodings() {
        return Arbitraries.of(RECORDS).map(record -> ALL.encode(TOPIC, record));
    }

    @Provide
    Arbitrary<byte[]> headers() {
        return encodings().map(bytes -> Arrays.copyOf(bytes, SingleObjectCodec.HEADER_BYTES));
    }

    @Provide
    Arbitrary<List<int[]>> mutations() {
        Arbitrary<Integer> place = Arbitraries.integers();
        Arbitrary<Integer> octet = Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.integers().between(0, 255)),
                Tuple.of(1, Arbitraries.of(0, 1, 0x7f, 0x80, 0xfe, 0xff)));
        return Combinators.combine(place, octet)
                .as((at, value) -> new int[] {at, value})
                .list()
                .ofMinSize(1)
                .ofMaxSize(12);
    }

    /** Every record that the decoder accepts is complete: it can be encoded again. */
    private static void decodeOrRefuse(byte[] bytes) {
        try {
            assertThat(ALL.encode(TOPIC, ALL.decode(TOPIC, bytes))).isNotEmpty();
        } catch (MalformedRecordException e) {
            assertThat(e).hasMessageNotContaining("null").message().isNotBlank();
        }
    }

    private static void assertMalformedBody(SpecificRecord type, long length, int... before) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Arrays.copyOf(ALL.encode(TOPIC, sample(type.getClass())), SingleObjectCodec.HEADER_BYTES));
        for (int octet : before) {
            out.write(octet);
        }
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        encoder.writeLong(length);
        encoder.writeFixed(new byte[64]);

        assertThatThrownBy(() -> ALL.decode(TOPIC, out.toByteArray())).isInstanceOf(MalformedRecordException.class);
    }

    private static SpecificRecord sample(Class<?> type) {
        return RECORDS.stream().filter(type::isInstance).findFirst().orElseThrow();
    }

    private static void assertMalformed(byte[] bytes, String... reasons) {
        assertThatThrownBy(() -> WRITES.decode(TOPIC, bytes))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll(reasons);
    }

    private static WriteEvent write(String value) {
        return WriteEvent.newBuilder()
                .setVersion(5)
                .setPosition(1_700_000_000_000L)
                .setValue(ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .setExpiry(9L)
                .setRepairId("a-repair")
                .build();
    }

    private static ControlMessage root() {
        return message(new Root(
                new Hash(new byte[16]),
                3L,
                Evidence.newBuilder().setWatermark(4L).build(),
                false,
                false,
                List.of()));
    }

    private static ControlMessage level() {
        return message(new Level(0, 2, List.of(0), ByteBuffer.allocate(64)));
    }

    private static ControlMessage segment() {
        SegmentEntry entry =
                new SegmentEntry(new Hash(new byte[16]), 1L, null, 2L, 3L, 4L, new Hash(new byte[16]), true);
        SegmentEntry tombstone = new SegmentEntry(new Hash(new byte[16]), 1L, null, 2L, 3L, null, null, false);
        return message(new Segment(7, 0, 1, List.of(entry, tombstone)));
    }

    private static ControlMessage message(Object body) {
        return new ControlMessage("d", "eu", 1, 60_000L, 12L, -5L, body);
    }

    private static RoundReport report() {
        return RoundReport.newBuilder()
                .setWaits(List.of())
                .setDataset("d")
                .setReplica("eu")
                .setPartition(0)
                .setRound(1)
                .setCut(60_000)
                .setOutcome(Outcome.DIVERGENT)
                .setHeard(List.of("us"))
                .setSilent(List.of())
                .setLagging(List.of())
                .setDisagreeing(List.of())
                .setRoot("00")
                .setEntries(1)
                .setWatermark(2)
                .setSegments(3)
                .setKeys(4)
                .setDivergences(Map.of("STALE", 1L))
                .setRepairs(Map.of("us", 1L))
                .setWaiting(0)
                .setVerified(0)
                .setDeclined(0)
                .setFailed(0)
                .setClamped(0)
                .setMalformed(0)
                .setControlMessages(5)
                .setControlBytes(500)
                .setSealedAfterMs(10)
                .setDurationMs(20)
                .setSample(List.of(
                        new DivergentKey("00", ByteBuffer.allocate(2), "us", "STALE", null, "emitted", null, null)))
                .build();
    }
}
