package io.trueup.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.replica.entry.Batch;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.format.RepairFormat;
import io.trueup.source.DefaultPartitioner;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Write;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/**
 * The vectors in {@code vectors/vectors.json} are what the library does, and the job and the reference datastore, which share no code with
 * it, agree.
 */
class VectorsTest {

    private static final Path FILE = Path.of("vectors", "vectors.json");

    private final Vectors vectors = new Vectors();

    @Test
    void shouldBeTheFile() throws Exception {
        if (Boolean.getBoolean("vectors.update")) {
            Files.writeString(FILE, vectors.text());
        }

        assertThat(vectors.text())
                .as(
                        "%s is not what the library does; if the contract has changed on purpose, write it again with"
                                + " -Dvectors.update=true, and mention it in CHANGELOG.md",
                        FILE)
                .isEqualTo(Files.readString(FILE));
    }

    @Test
    void shouldHaveThePartitionsOfTheJob() {
        assertThat(vectors.sections.get("partitions"))
                .isNotEmpty()
                .allSatisfy(vector -> assertThat(vector.get("partition"))
                        .isEqualTo(DefaultPartitioner.partitionOf(
                                HexFormat.of().parseHex((String) vector.get("key")), (int) vector.get("partitions"))));
    }

    @Test
    void shouldBeReadByTheJobAsTheyAreMeant() throws Exception {
        for (Vectors.Written written : vectors.written) {
            for (int layout = 0; layout < 2; layout++) {
                ProducerRecord<byte[], byte[]> record = written.layouts().get(layout);
                if (record != null) {
                    Write write = read(layout == 0 ? "trueup" : "plain", record);
                    assertThat(entry(write)).isEqualTo(asRead(written.entry()));
                    assertThat(write.key()).isEqualTo(written.key().bytes());
                    assertThat(write.repairId()).isEqualTo(written.repairId());
                }
            }
        }
    }

    @Test
    void shouldBeDecidedByTheReferenceDatastoreInTheSameWay() {
        for (Vectors.Decided vector : vectors.decided) {
            RepairFormat format = vector.layout() == RecordLayout.PLAIN
                    ? RepairFormat.plain(Vectors.REPLICA)
                    : RepairFormat.trueup(Vectors.REPLICA, RecordCodecs.embedded());
            Batch batch = new Batch(
                    vector.held() == null
                            ? List.of()
                            : List.of(stored(vector.held(), vector.record().key())),
                    vector.nowMs());
            try {
                batch.repair(format.decode(vector.record()));
            } catch (MalformedRecordException e) {
                assertThat(vector.decision())
                        .as("%s, %s", vector.name(), e.getMessage())
                        .isNull();
                continue;
            }
            assertThat(vector.decision()).as(vector.name()).isNotNull();
            assertThat(batch.repaired())
                    .as(vector.name())
                    .isEqualTo(vector.decision() == Repair.Decision.APPLY ? 1 : 0);
            assertThat(batch.events()).singleElement().satisfies(answer -> {
                assertThat(answer.repairId()).isEqualTo(vector.repairId());
                assertThat(answer.entry()
                                .sameAs(stored(vector.answer(), vector.record().key())))
                        .as("the answer to: %s", vector.name())
                        .isTrue();
            });
        }
    }

    @Test
    void shouldHaveEveryDecision() {
        assertThat(vectors.decided.stream().map(Vectors.Decided::decision))
                .contains(Repair.Decision.values())
                .containsNull();
    }

    private static Write read(String format, ProducerRecord<byte[], byte[]> record) throws MalformedRecordException {
        Observation observation = WriteFormat.of(format, "writes", RecordCodecs.embedded())
                .decode(record.key(), record.value(), record.headers(), 1, 0, 1);
        return ((Observation.Observed) observation).write();
    }

    /** With a vector, the job ignores the version. */
    private static Entry asRead(Entry entry) {
        return entry.vector() == null ? entry : entry.withVector(entry.vector());
    }

    private static Entry entry(Write write) {
        return new Entry(
                write.version(),
                write.vector() == null ? null : VersionVector.of(write.vector().counters()),
                write.positionMs(),
                write.deleted(),
                write.value(),
                write.digest() == null ? null : write.digest().toBytes(),
                write.expiryMs());
    }

    private static StoredEntry stored(Entry entry, byte[] key) {
        return new StoredEntry(
                key,
                Vectors.PARTITION,
                entry.value(),
                entry.version(),
                entry.vector() == null
                        ? null
                        : io.trueup.replica.entry.VersionVector.of(
                                entry.vector().counters()),
                entry.positionMs(),
                entry.deleted(),
                entry.expiryMs());
    }
}
