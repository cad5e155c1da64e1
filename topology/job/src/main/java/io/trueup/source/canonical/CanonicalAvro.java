package io.trueup.source.canonical;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The canonical form of the documents that {@link AvroDocuments} reads. Thread-safe. */
final class CanonicalAvro implements Canonical {

    /** First byte of a form, so that no value is written as the form of another one. */
    private static final byte DOCUMENT = 1;

    private static final byte BYTES = 0;

    private final AvroDocuments documents;
    private final String topic;
    private final CanonicalJson json;

    /**
     * @param topic the topic of the values
     * @param ignored members of the documents that are left out
     */
    CanonicalAvro(RecordCodecs codecs, String topic, List<JsonPointer> ignored) {
        documents = new AvroDocuments(codecs);
        this.topic = topic;
        json = new CanonicalJson(ignored);
    }

    @Override
    public byte[] form(byte[] value) throws MalformedRecordException {
        Optional<JsonNode> document = documents.read(topic, value);
        return document.isPresent() ? marked(DOCUMENT, json.form(document.get())) : marked(BYTES, value);
    }

    private static byte[] marked(byte mark, byte[] bytes) {
        byte[] marked = new byte[1 + bytes.length];
        marked[0] = mark;
        System.arraycopy(bytes, 0, marked, 1, bytes.length);
        return marked;
    }

    @Override
    public boolean isReady(Supplier<byte[]> value) {
        return documents.isReady(topic, value.get());
    }
}
