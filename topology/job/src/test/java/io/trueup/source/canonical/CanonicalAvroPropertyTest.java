package io.trueup.source.canonical;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.Encoding;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SubjectNaming;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Values that applications write by schemas of their own. */
class CanonicalAvroPropertyTest {

    private final OneRegistry registry = new OneRegistry();
    private final CanonicalAvro canonical = new CanonicalAvro(
            RecordCodecs.of(registry, SubjectNaming.TOPIC, Encoding.SINGLE_OBJECT), "orders", List.of());

    /** What a record contains: a {@link Map} of fields, a {@link List} of one value several times, or a scalar. */
    private static final class Application {

        private final Random random;
        private int names;

        Application(long seed) {
            random = new Random(seed);
        }

        /** A value, and the schema by which this application writes it. */
        record Typed(Schema schema, Object datum) {}

        /** In an order of its own, with names of its own, and with the widest or the narrowest type, also as the branch of a union. */
        Typed typed(Object content) {
            Typed plain = content instanceof Map<?, ?> fields
                    ? object(fields)
                    : content instanceof List<?> list ? array(list) : scalar(content);
            if (plain.schema.getType() == Schema.Type.NULL || random.nextInt(3) > 0) {
                return plain;
            }
            List<Schema> branches = new ArrayList<>(List.of(plain.schema, Schema.create(Schema.Type.NULL)));
            Collections.shuffle(branches, random);
            return new Typed(Schema.createUnion(branches), plain.datum);
        }

        private Typed object(Map<?, ?> content) {
            List<Object> order = new ArrayList<>(content.keySet());
            Collections.shuffle(order, random);
            Map<String, Object> data = new HashMap<>();
            List<Schema.Field> fields = new ArrayList<>();
            for (Object name : order) {
                Typed typed = typed(content.get(name));
                fields.add(new Schema.Field((String) name, typed.schema, "of seed " + random.nextInt()));
                data.put((String) name, typed.datum);
            }
            Schema schema =
                    Schema.createRecord("Type" + random.nextInt(1_000) + "_" + names++, null, "shop", false, fields);
            GenericData.Record record = new GenericData.Record(schema);
            data.forEach(record::put);
            return new Typed(schema, record);
        }

        private Typed array(List<?> content) {
            Typed element = typed(content.get(0));
            return new Typed(Schema.createArray(element.schema), Collections.nCopies(content.size(), element.datum));
        }

        private Typed scalar(Object content) {
            if (content instanceof Integer number) {
                return random.nextBoolean()
                        ? new Typed(Schema.create(Schema.Type.INT), number)
                        : new Typed(Schema.create(Schema.Type.LONG), (long) number);
            }
            if (content instanceof Float number) {
                return random.nextBoolean()
                        ? new Typed(Schema.create(Schema.Type.FLOAT), number)
                        : new Typed(Schema.create(Schema.Type.DOUBLE), (double) number);
            }
            if (content instanceof byte[] bytes) {
                Schema fixed = Schema.createFixed("Fixed" + names++, null, null, bytes.length);
                return random.nextBoolean()
                        ? new Typed(Schema.create(Schema.Type.BYTES), ByteBuffer.wrap(bytes))
                        : new Typed(fixed, new GenericData.Fixed(fixed, bytes));
            }
            if (content instanceof Boolean) {
                return new Typed(Schema.create(Schema.Type.BOOLEAN), content);
            }
            return new Typed(
                    Schema.create(content.equals(NULL) ? Schema.Type.NULL : Schema.Type.STRING),
                    content.equals(NULL) ? null : content);
        }
    }

    private static final Object NULL = new Object();

    @Property(tries = 500)
    void shouldGiveTheSameFormWhoeverWrites(
            @ForAll("records") Map<String, Object> content, @ForAll long one, @ForAll long other) throws Exception {
        assertThat(form(content, one)).isEqualTo(form(content, other));
    }

    @Property(tries = 500)
    void shouldGiveAnotherFormToWhatWasChanged(
            @ForAll("records") Map<String, Object> content, @ForAll long one, @ForAll long other) throws Exception {
        Map<String, Object> changed = new HashMap<>(content);
        List<String> names = content.keySet().stream().sorted().toList();
        String name = names.get(Math.floorMod(one, names.size()));
        changed.put(name, changed(content.get(name), new Random(one)));

        assertThat(form(changed, other)).isNotEqualTo(form(content, one));
    }

    @Property(tries = 500)
    void shouldGiveAnotherFormToAnotherNameOfAField(@ForAll("records") Map<String, Object> content, @ForAll long seed)
            throws Exception {
        Map<String, Object> renamed = new HashMap<>(content);
        String name = content.keySet().iterator().next();
        renamed.put(name + "_", renamed.remove(name));

        assertThat(form(renamed, seed)).isNotEqualTo(form(content, seed));
    }

    @Provide
    Arbitrary<Map<String, Object>> records() {
        Arbitrary<Object> scalars = Arbitraries.oneOf(
                Arbitraries.integers().map(number -> number),
                Arbitraries.floats().map(number -> number),
                Arbitraries.strings().excludeChars('\uFFFD').ofMaxLength(5).map(CanonicalAvroPropertyTest::inUtf8),
                Arbitraries.bytes()
                        .array(byte[].class)
                        .ofMinSize(1)
                        .ofMaxSize(4)
                        .map(bytes -> bytes),
                Arbitraries.of(true, false),
                Arbitraries.just(NULL));
        return fields(Arbitraries.recursive(
                () -> scalars,
                inner -> Arbitraries.oneOf(
                        fields(inner).map(map -> map),
                        inner.flatMap(element -> Arbitraries.integers()
                                .between(1, 3)
                                .map(count -> Collections.nCopies(count, element)))),
                0,
                3));
    }

    private static Arbitrary<Map<String, Object>> fields(Arbitrary<Object> values) {
        return Arbitraries.maps(
                        Arbitraries.strings()
                                .withCharRange('a', 'e')
                                .ofMinLength(1)
                                .ofMaxLength(2),
                        values)
                .ofMinSize(1)
                .ofMaxSize(4);
    }

    /** Half of a surrogate pair cannot be written in UTF-8. */
    private static Object inUtf8(String text) {
        return text.codePoints()
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static Object changed(Object content, Random random) {
        if (content instanceof Map<?, ?> fields) {
            Map<String, Object> changed = new HashMap<>();
            List<Object> names = new ArrayList<>(fields.keySet());
            Object name = names.get(random.nextInt(names.size()));
            fields.forEach(
                    (field, value) -> changed.put((String) field, field.equals(name) ? changed(value, random) : value));
            return changed;
        }
        if (content instanceof List<?> list) {
            return Collections.nCopies(list.size() + 1, list.get(0));
        }
        if (content instanceof Integer number) {
            return number + 1;
        }
        if (content instanceof Float number) {
            return Math.nextUp(number);
        }
        if (content instanceof Boolean flag) {
            return !flag;
        }
        if (content instanceof byte[] bytes) {
            byte[] other = bytes.clone();
            other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
            return other;
        }
        return content.equals(NULL) ? "" : content + "x";
    }

    private byte[] form(Object content, long seed) throws IOException, MalformedRecordException {
        Application.Typed typed = new Application(seed).typed(content);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(5)
                .putInt(1, registry.register(typed.schema()))
                .array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<>(typed.schema()).write(typed.datum(), encoder);
        return canonical.form(out.toByteArray());
    }
}
