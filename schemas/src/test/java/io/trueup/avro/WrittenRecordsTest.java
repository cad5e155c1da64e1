package io.trueup.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.WrittenRecords.Written;
import java.util.Arrays;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.Test;

class WrittenRecordsTest {

    private static final Schema ORDER = SchemaBuilder.record("Order")
            .fields()
            .requiredInt("id")
            .requiredString("note")
            .endRecord();

    @Test
    void shouldFindTheSchemaOfAnIdAndTheRecordBehindIt() throws Exception {
        WrittenRecords records = RecordCodecs.of(new OneSchema(), SubjectNaming.TOPIC, Encoding.REGISTRY)
                .written();
        byte[] value = {0, 0, 0, 0, 7, 10, 2, 'x'};

        assertThat(records.find("orders", value)).contains(new Written(ORDER, value, 5));
        assertThat(records.isReady("orders", value)).isTrue();
        assertThat(records.find("orders", new byte[] {'{', '}'})).isEmpty();
        assertThat(records.isReady("orders", new byte[] {'{', '}'})).isTrue();
        assertThat(records.isReady("orders", new byte[] {0, 0, 0, 0, 8})).isFalse();
        assertThatThrownBy(() -> records.find("orders", new byte[] {0, 0, 0, 0, 8}))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessage("written with schema id 8: no such schema");
    }

    @Test
    void shouldWriteAgainWhatADeserializerHasRead() throws Exception {
        WrittenRecords records =
                RecordCodecs.of(new OwnFormat(), Encoding.SINGLE_OBJECT).written();

        Optional<Written> found = records.find("orders", new byte[] {3, 'x'});

        assertThat(found).hasValueSatisfying(written -> {
            assertThat(written.schema()).isEqualTo(ORDER);
            assertThat(Arrays.copyOfRange(written.bytes(), written.from(), written.bytes().length))
                    .isEqualTo(new byte[] {6, 2, 'x'});
        });
        assertThat(records.isReady("orders", new byte[] {3, 'x'})).isFalse();
        assertThatThrownBy(() -> records.find("orders", new byte[] {3}))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageStartingWith("a record of Order whose fields do not have the types of its schema");
    }

    @Test
    void shouldHaveNoSchemasWithoutARegistry() {
        assertThatThrownBy(() -> RecordCodecs.embedded().written())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no registry");
    }

    /** Has id 7. */
    private static final class OneSchema implements SchemaRegistry {

        @Override
        public Schema schema(int id) throws UnusableSchemaException {
            if (id != 7) {
                throw new UnusableSchemaException("no such schema");
            }
            return ORDER;
        }

        @Override
        public boolean isSettled(int id) {
            return id == 7;
        }

        @Override
        public int id(String subject, Schema schema) {
            return 7;
        }

        @Override
        public void close() {}
    }

    /** An id, and a note if there is one: two bytes. */
    private static final class OwnFormat implements RecordFormat {

        @Override
        public byte[] write(String topic, IndexedRecord record) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void prepare(String topic, IndexedRecord record) {}

        @Override
        public IndexedRecord read(String topic, byte[] bytes) {
            GenericData.Record record = new GenericData.Record(ORDER);
            record.put("id", (int) bytes[0]);
            record.put("note", bytes.length > 1 ? Character.toString(bytes[1]) : null);
            return record;
        }

        @Override
        public boolean isReady(String topic, byte[] bytes) {
            return false;
        }

        @Override
        public void close() {}
    }
}
