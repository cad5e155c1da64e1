package io.trueup.cli.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.cli.shell.Formats;
import io.trueup.config.Durations;
import io.trueup.failure.KeyFormat;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The result of an audit for programs. Times are ISO 8601 in UTC; keys are given as text and in hexadecimal. */
final class AuditJson {

    private final JsonGenerator json;

    private final Optional<ValueDecoder> values;
    private final boolean fieldsAsText;

    private AuditJson(JsonGenerator json, Optional<ValueDecoder> values, boolean fieldsAsText) {
        this.json = json;
        this.values = values;
        this.fieldsAsText = fieldsAsText;
    }

    static void write(AuditResult result, Optional<ValueDecoder> values, PrintWriter out) throws IOException {
        write(result, values, false, out);
    }

    /** The same for a script, which has fewer digits for a number: the contents of fields are texts. */
    static void writeForScript(AuditResult result, Optional<ValueDecoder> values, PrintWriter out) throws IOException {
        write(result, values, true, out);
    }

    private static void write(AuditResult result, Optional<ValueDecoder> values, boolean fieldsAsText, PrintWriter out)
            throws IOException {
        try (JsonGenerator json = new JsonMapper().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            if (!fieldsAsText) {
                json.useDefaultPrettyPrinter(); // people read it; a browser has room for half as many keys then
            }
            new AuditJson(json, values, fieldsAsText).write(result);
        }
        out.println();
    }

    private void write(AuditResult result) throws IOException {
        json.writeStartObject();
        json.writeStringField("verdict", result.verdict().name());
        json.writeNumberField("exitCode", result.verdict().exitCode());
        json.writeBooleanField("partial", result.partial());
        json.writeStringField("at", result.at());
        json.writeStringField("time", Formats.time(result.atMs()));
        json.writeStringField("settle", Durations.format(result.moment().settle()));
        texts("replicas", result.replicas());
        texts("doubts", result.doubts());
        texts("notes", AuditNotes.of(result));
        texts("hints", AuditHints.of(result));
        texts(
                "keysNeverWritten",
                result.neverWritten().stream().map(KeyFormat::of).toList());
        json.writeNumberField("divergentKeys", result.divergentKeys());
        json.writeNumberField("inFlightKeys", result.inFlightKeys());
        json.writeNumberField("listedKeys", result.divergent().size());
        json.writeObjectFieldStart("kinds");
        for (var target : result.kinds().entrySet()) {
            json.writeObjectFieldStart(target.getKey());
            for (var kind : target.getValue().entrySet()) {
                json.writeNumberField(kind.getKey().name(), kind.getValue());
            }
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeArrayFieldStart("divergent");
        for (DivergentKey key : result.divergent()) {
            key(key);
        }
        json.writeEndArray();
        json.writeStringField("fingerprint", result.fingerprint());
        json.writeArrayFieldStart("partitions");
        for (PartitionSummary partition : result.partitions()) {
            partition(partition);
        }
        json.writeEndArray();
        effort(result.effort());
        json.writeEndObject();
    }

    private void key(DivergentKey key) throws IOException {
        json.writeStartObject();
        json.writeStringField("key", KeyFormat.of(key.key()));
        json.writeStringField("keyHex", KeyFormat.hex(key.key()));
        json.writeNumberField("partition", key.partition());
        json.writeArrayFieldStart("findings");
        for (Difference finding : key.findings()) {
            json.writeStartObject();
            json.writeStringField("target", finding.target());
            json.writeStringField("kind", finding.kind().name());
            texts("winners", finding.holders());
            json.writeEndObject();
        }
        json.writeEndArray();
        texts("inFlight", key.inFlight());
        json.writeObjectFieldStart("entries");
        for (Map.Entry<String, Optional<Entry>> entry : key.entries().entrySet()) {
            json.writeFieldName(entry.getKey());
            if (entry.getValue().isPresent()) {
                entry(entry.getValue().get());
            } else {
                json.writeNull();
            }
        }
        json.writeEndObject();
        if (values.isPresent()) {
            fields(FieldComparison.of(key, values.get()));
        }
        since(key.since());
        json.writeArrayFieldStart("repairs");
        for (DivergentKey.RepairEvent repair : key.repairs().last()) {
            json.writeStartObject();
            json.writeStringField("target", repair.target());
            place(repair.place());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("repairsFound", key.repairs().count());
        texts("repairsUnknown", key.repairs().unknown());
        json.writeEndObject();
    }

    /** A field that a value lacks is left out; null is a content. Members that are not compared are named if there are any. */
    private void fields(FieldComparison comparison) throws IOException {
        json.writeObjectFieldStart("encodings");
        for (Map.Entry<String, ValueDecoder.Decoded> value : comparison.values().entrySet()) {
            json.writeStringField(value.getKey(), value.getValue().encoding().name());
        }
        json.writeEndObject();
        json.writeArrayFieldStart("fields");
        for (FieldComparison.Field field : comparison.fields()) {
            json.writeStartObject();
            json.writeStringField("field", field.path());
            json.writeObjectFieldStart("values");
            for (Map.Entry<String, JsonNode> content : field.values().entrySet()) {
                json.writeFieldName(content.getKey());
                if (fieldsAsText) {
                    json.writeString(content.getValue().toString());
                } else {
                    json.writeTree(content.getValue());
                }
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        if (!comparison.leftOut().isEmpty()) {
            texts("fieldsLeftOut", comparison.leftOut());
        }
    }

    /** The value as it is: as text, or in hexadecimal where it is no text. */
    private void value(byte[] value) throws IOException {
        Optional<String> text = ValueDecoder.text(value);
        if (text.isPresent()) {
            json.writeStringField("value", text.get());
        } else {
            json.writeStringField("valueHex", KeyFormat.hex(value));
        }
    }

    private void entry(Entry entry) throws IOException {
        json.writeStartObject();
        json.writeStringField("state", entry.state().name());
        json.writeNumberField("version", entry.version());
        if (entry.vector().isPresent()) {
            json.writeStringField("vector", entry.vector().get());
        }
        json.writeStringField("position", Formats.time(entry.positionMs()));
        if (entry.expiryMs().isPresent()) {
            json.writeStringField("expiry", Formats.time(entry.expiryMs().get()));
        }
        json.writeStringField("digest", entry.digest().toString());
        json.writeNumberField("valueBytes", entry.valueLength());
        if (entry.value().isPresent()) {
            value(entry.value().get());
        }
        place(entry.place());
        json.writeEndObject();
    }

    private void since(DivergentKey.Since since) throws IOException {
        json.writeObjectFieldStart("since");
        json.writeStringField("replica", since.replica());
        json.writeStringField("at", Formats.time(since.timeMs()));
        json.writeBooleanField("byExpiry", since.byExpiry());
        json.writeBooleanField("exact", since.exact());
        place(since.place());
        json.writeEndObject();
    }

    private void place(Place place) throws IOException {
        json.writeStringField("topic", place.topic());
        json.writeNumberField("topicPartition", place.partition());
        json.writeNumberField("offset", place.offset());
        json.writeStringField("time", Formats.time(place.timeMs()));
    }

    private void partition(PartitionSummary partition) throws IOException {
        json.writeStartObject();
        json.writeNumberField("partition", partition.place().partition());
        json.writeStringField("replica", partition.place().replica());
        json.writeStringField("topic", partition.topic());
        json.writeNumberField("start", partition.start());
        json.writeNumberField("end", partition.end());
        json.writeNumberField("records", partition.records());
        json.writeNumberField("keys", partition.keys());
        json.writeNumberField("deleted", partition.deleted());
        json.writeNumberField("bytes", partition.bytes());
        json.writeNumberField("unreadable", partition.unreadable());
        json.writeStringField("time", Formats.time(partition.atMs()));
        if (partition.root().isPresent()) {
            json.writeStringField(
                    "root", partition.root().map(Hash128::toString).get());
        }
        json.writeEndObject();
    }

    private void effort(AuditResult.Effort effort) throws IOException {
        json.writeObjectFieldStart("effort");
        json.writeNumberField("records", effort.records());
        json.writeNumberField("bytes", effort.bytes());
        json.writeNumberField("seconds", effort.nanos() / 1e9);
        json.writeNumberField("recordsPerSecond", Math.round(effort.rate()));
        json.writeNumberField("largestTables", effort.largestTable());
        json.writeNumberField("tableBytesPerKeyAndReplica", effort.bytesPerKey());
        json.writeNumberField("passes", effort.passes());
        json.writeEndObject();
    }

    private void texts(String name, List<String> texts) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }
}
