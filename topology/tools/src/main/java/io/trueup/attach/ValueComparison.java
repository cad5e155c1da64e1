package io.trueup.attach;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.source.canonical.ValueForm;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The values that two topics have for the same keys, and the form in which most of them are equal. Writes in flight and true differences
 * are among the pairs, so no form makes all equal.
 *
 * @param pairs keys with a value in both samples
 * @param equalBytes pairs of the same bytes
 * @param form the form to compare in
 * @param equalInForm pairs that are equal in that form
 */
record ValueComparison(int pairs, int equalBytes, ValueForm form, int equalInForm) {

    /** A member is left out only if it differs in at least this share of all pairs: each writer has a value of its own for it. */
    private static final double TYPICAL = 0.8;
    /** A form is proposed only if it makes equal at least this share of the pairs that differ. */
    private static final double WORTHWHILE = 0.5;

    private static final int MIN_PAIRS = 5;

    static ValueComparison of(SampledTopic a, SampledTopic b) {
        List<byte[][]> different = new ArrayList<>();
        int pairs = 0;
        int records = 0;
        for (Map.Entry<ByteBuffer, SampledTopic.Held> key : a.latest().entrySet()) {
            SampledTopic.Held other = b.latest().get(key.getKey());
            SampledTopic.Held held = key.getValue();
            if (other == null || held.value() == null || other.value() == null) {
                continue;
            }
            pairs++;
            if (Arrays.equals(held.value(), other.value())) {
                continue;
            }
            boolean areRecords = held.document() != null && other.document() != null;
            records += areRecords ? 1 : 0;
            different.add(
                    areRecords
                            ? new byte[][] {held.document(), other.document()}
                            : new byte[][] {held.value(), other.value()});
        }
        int equal = pairs - different.size();
        ValueForm form =
                form(different, pairs, 2 * records > different.size() ? ValueForm.Kind.AVRO : ValueForm.Kind.JSON);
        int equalInForm = equal
                + (int) different.stream().filter(pair -> isEqual(form, pair)).count();
        return new ValueComparison(pairs, equal, form, equalInForm);
    }

    private static ValueForm form(List<byte[][]> different, int pairs, ValueForm.Kind kind) {
        if (different.size() < MIN_PAIRS) {
            return ValueForm.BYTES;
        }
        for (List<String> ignored : List.of(List.<String>of(), typicalDifferences(different, pairs))) {
            ValueForm form = ValueForm.of(kind.label(), ignored);
            long equal = different.stream().filter(pair -> isEqual(form, pair)).count();
            if (equal >= WORTHWHILE * different.size()) {
                return form;
            }
        }
        return ValueForm.BYTES;
    }

    private static boolean isEqual(ValueForm form, byte[][] pair) {
        return Arrays.equals(form.formOf(pair[0]), form.formOf(pair[1]));
    }

    /** The members that differ in most pairs: times and host names of each writer. */
    private static List<String> typicalDifferences(List<byte[][]> different, int pairs) {
        Map<String, Integer> counts = new TreeMap<>();
        for (byte[][] pair : different) {
            JsonNode a = Documents.parse(pair[0]);
            JsonNode b = Documents.parse(pair[1]);
            Set<String> members = a == null || b == null ? Set.of() : Documents.differences(a, b);
            members.forEach(member -> counts.merge(member, 1, Integer::sum));
        }
        return counts.entrySet().stream()
                .filter(count -> !count.getKey().isEmpty() && !count.getKey().contains(",")) // commas separate settings
                .filter(count -> count.getValue() >= TYPICAL * pairs)
                .map(Map.Entry::getKey)
                .toList();
    }
}
