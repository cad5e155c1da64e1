package io.trueup.source.canonical;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalJsonTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1,\"b\":[1,2]}    | { \"b\" : [ 1 , 2 ] ,  \"a\" : 1 }",
                "{\"a\":{\"y\":1,\"x\":2}}  | {\"a\":{\"x\":2,\"y\":1}}",
                "[100,1,0,-5]             | [1e2,1.000,-0.0,-50E-1]",
                "\"é/\"                    | \"\\u00e9\\/\"",
                "{\"a\":\"\\ud83d\\ude00\"}   | {\"a\":\"😀\"}",
                "true                     | ` true `",
            })
    void shouldGiveTheSameFormToTheSameDocument(String a, String b) {
        assertThat(form(a)).isEqualTo(form(b));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[1,2]                 | [2,1]",
                "{\"a\":null}          | {}",
                "9007199254740993      | 9007199254740992",
                "0.1                   | 0.10000000000000001",
                "1                     | \"1\"",
                "\"a\"                 | \"A\"",
                "\"\\ud800\"           | \"?\"",
                "\"\\ud800\"           | \"\\udc00\"",
                "{\"a\":1,\"a\":2}     | {\"a\":2}",
                "{}                    | []",
                "1                     | true",
            })
    void shouldGiveAnotherFormToAnotherDocument(String a, String b) {
        assertThat(form(a)).isNotEqualTo(form(b));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "plain text",
                "{\"a\":1",
                "{\"a\":1} x",
                "{} {}",
                "{\"a\":1, \"a\":1}",
                "NaN",
                "01",
                "1e99999999999",
                "\u0000",
            })
    void shouldLeaveOtherBytesAsTheyAre(String text) {
        assertThat(form(text)).isEqualTo(text);
    }

    /** The parser takes zeros at the beginning for UTF-32. */
    @Test
    void shouldLeaveBytesThatAreNoTextAsTheyAre() {
        for (byte[] value :
                new byte[][] {{0, 0, 0, '{', 1, 2, 3, 4}, {'1', 0, 0, 0, 5}, {0, 0, 0, 0, -1, -1, -1, -1}}) {
            assertThat(ignoring().form(value)).isEqualTo(value);
        }
    }

    @Test
    void shouldLeaveWhatIsBeyondTheBoundsOfTheParserAsItIs() {
        String deep = " ".concat("[".repeat(100_000)).concat("]".repeat(100_000));
        String longNumber = " ".concat("1".repeat(100_000));

        assertThat(form(deep)).isEqualTo(deep);
        assertThat(form(longNumber)).isEqualTo(longNumber);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10e2147483647", "0.1e-2147483647", "1e2147483647", "1E+2147483648", "0e2147483648"})
    void shouldHaveAFormForNumbersWithHugeExponents(String number) {
        String form = form(number);

        assertThat(form(form)).isEqualTo(form);
    }

    @Test
    void shouldLeaveOutIgnoredMembers() {
        String a =
                "{\"id\":1,\"at\":5,\"meta\":{\"etag\":\"x\",\"by\":\"me\"},\"a/b\":1,\"list\":[{\"at\":1},{\"at\":2}]}";
        String b = "{\"id\":1,\"meta\":{\"by\":\"me\"},\"list\":[{\"at\":1},{}]}";
        CanonicalJson ignoring = ignoring("/at", "/meta/etag", "/a~1b", "/list/1/at", "/none", "/id/none");

        assertThat(ignoring.form(bytes(a))).isEqualTo(ignoring.form(bytes(b)));
        assertThat(new String(ignoring.form(bytes(a)), StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":1,\"list\":[{\"at\":1},{}],\"meta\":{\"by\":\"me\"}}");
    }

    @Test
    void shouldNotChangeItsArgument() {
        byte[] value = bytes("{\"b\":1.0,\"at\":5}");
        byte[] before = value.clone();

        ignoring("/at").form(value);

        assertThat(value).isEqualTo(before);
    }

    /** A form is a document that has the same form, so a value that was stored in its form is equal to what it came from. */
    @Property(tries = 2_000)
    void shouldBeTheFormOfItself(@ForAll("documents") Object document) throws JsonProcessingException {
        byte[] once = ignoring().form(new JsonMapper().writeValueAsBytes(document));

        assertThat(ignoring().form(once)).isEqualTo(once);
    }

    @Property(tries = 2_000)
    void shouldNotDependOnOrderAndWhiteSpace(@ForAll("documents") Object document) throws JsonProcessingException {
        byte[] compact = new JsonMapper().writeValueAsBytes(document);
        byte[] indented = new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(reversed(document));

        assertThat(ignoring().form(indented)).isEqualTo(ignoring().form(compact));
    }

    /** Whatever bytes a client writes, there is a form, and two values share it only if they are the same document. */
    @Property(tries = 5_000)
    void shouldHaveAFormForAnyBytes(@ForAll byte[] value) {
        byte[] form = ignoring().form(value.clone());

        assertThat(Arrays.equals(form, value) || Arrays.equals(form, ignoring().form(form)))
                .isTrue();
    }

    @Provide
    Arbitrary<Object> documents() {
        Arbitrary<Object> scalars = Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(8).map(text -> text),
                Arbitraries.longs().map(number -> number),
                Arbitraries.bigDecimals().ofScale(5).map(number -> number),
                Arbitraries.of(true, false).map(flag -> flag));
        return Arbitraries.recursive(
                () -> scalars,
                inner -> Arbitraries.oneOf(
                        inner.list().ofMaxSize(3).map(list -> list),
                        Arbitraries.maps(Arbitraries.strings().ofMaxLength(3), inner)
                                .ofMaxSize(4)
                                .map(map -> map)),
                0,
                3);
    }

    /** The same document: members in the opposite order, decimals with further zeros. */
    private static Object reversed(Object document) {
        if (document instanceof Map<?, ?> map) {
            Map<Object, Object> reversed = new LinkedHashMap<>();
            Object[] names = map.keySet().toArray();
            for (int i = names.length - 1; i >= 0; i--) {
                reversed.put(names[i], reversed(map.get(names[i])));
            }
            return reversed;
        }
        if (document instanceof List<?> list) {
            return list.stream().map(CanonicalJsonTest::reversed).toList();
        }
        return document instanceof BigDecimal number ? number.setScale(9) : document;
    }

    private static CanonicalJson ignoring(String... pointers) {
        return new CanonicalJson(
                Arrays.stream(pointers).map(JsonPointer::compile).toList());
    }

    private static String form(String document) {
        return new String(ignoring().form(bytes(document)), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
