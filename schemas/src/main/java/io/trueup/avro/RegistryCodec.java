package io.trueup.avro;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/**
 * Reads the {@link WireFormat} of a registry and the single-object encoding, and writes one of them. What a schema id means is asked for
 * once. Thread-safe.
 */
final class RegistryCodec<T extends SpecificRecord> implements RecordCodec<T> {

    private final RecordTypes types;
    private final SingleObjectCodec<T> singleObject;
    private final SchemaRegistry registry;
    private final SubjectNaming naming;
    private final Encoding writes;
    private final Map<Integer, Answer> answers = new ConcurrentHashMap<>();
    /** The headers of records that are written, by topic and type. */
    private final Map<String, Map<Class<?>, byte[]>> headers = new ConcurrentHashMap<>();

    RegistryCodec(
            RecordTypes types,
            SingleObjectCodec<T> singleObject,
            SchemaRegistry registry,
            SubjectNaming naming,
            Encoding writes) {
        this.types = types;
        this.singleObject = singleObject;
        this.registry = registry;
        this.naming = naming;
        this.writes = writes;
    }

    /** What records of a schema id are: the schema of an id never changes. */
    private sealed interface Answer {

        /**
         * They are read like this.
         *
         * @param current whether they were written as this release writes them
         */
        record Accepted(RecordType.Reader reader, boolean current) implements Answer {}

        /** They are none that this codec reads. */
        record Refused(String reason) implements Answer {}
    }

    @Override
    public byte[] encode(String topic, T record) {
        RecordType type = types.typeOf(record);
        if (writes == Encoding.SINGLE_OBJECT) {
            return singleObject.encode(topic, record);
        }
        return type.write(headersOf(topic).get(record.getClass()), record);
    }

    @Override
    public T decode(String topic, byte[] bytes) throws MalformedRecordException {
        if (!WireFormat.isMarked(bytes)) {
            return decodeSingleObject(topic, bytes);
        }
        Answer answer = answer(WireFormat.id(bytes));
        if (answer instanceof Answer.Refused refused) {
            throw new MalformedRecordException(refused.reason());
        }
        @SuppressWarnings("unchecked")
        T record = (T) ((Answer.Accepted) answer).reader().read(bytes, WireFormat.HEADER_BYTES);
        return record;
    }

    private T decodeSingleObject(String topic, byte[] bytes) throws MalformedRecordException {
        if (bytes != null && bytes.length > 0 && bytes[0] == 0) {
            throw new MalformedRecordException("too short for the wire format of a schema registry: " + bytes.length
                    + " bytes, the header alone has " + WireFormat.HEADER_BYTES + "; expected " + types.expected());
        }
        return singleObject.decode(topic, bytes);
    }

    @Override
    public void prepare(String topic) {
        if (writes == Encoding.REGISTRY) {
            headersOf(topic);
        }
    }

    @Override
    public boolean isReady(String topic, byte[] bytes) {
        if (!WireFormat.isMarked(bytes)) {
            return true;
        }
        int id = WireFormat.id(bytes);
        return answers.containsKey(id) || registry.isSettled(id);
    }

    @Override
    public boolean isCurrent(byte[] bytes, Class<?> type) {
        return WireFormat.isMarked(bytes)
                && answers.get(WireFormat.id(bytes)) instanceof Answer.Accepted readable
                && readable.current()
                && readable.reader().type() == types.byClass().get(type);
    }

    private Answer answer(int id) throws MalformedRecordException {
        Answer known = answers.get(id);
        if (known != null) {
            return known;
        }
        try {
            Answer answer = answer(id, registry.schema(id));
            answers.put(id, answer);
            return answer;
        } catch (UnusableSchemaException e) {
            throw new MalformedRecordException(
                    "written with schema id " + id + ": " + e.getMessage() + "; expected " + types.expected(), e);
        }
    }

    private Answer answer(int id, Schema written) {
        RecordType type = types.named(written.getFullName());
        if (type == null) {
            return new Answer.Refused("written with schema id " + id + ", which is " + written.getFullName()
                    + "; expected " + types.expected());
        }
        String refusal = type.refusal(written);
        return refusal == null
                ? new Answer.Accepted(type.reader(written), type.isCurrent(written))
                : new Answer.Refused("written with schema id " + id + ", " + refusal);
    }

    private Map<Class<?>, byte[]> headersOf(String topic) {
        Map<Class<?>, byte[]> known = headers.get(topic);
        if (known != null) {
            return known;
        }
        Map<Class<?>, byte[]> found = new HashMap<>();
        types.byClass().forEach((type, recordType) -> {
            String subject = naming.subject(topic, recordType.fullName());
            found.put(type, WireFormat.header(registry.id(subject, recordType.published())));
        });
        headers.put(topic, found);
        return found;
    }
}
