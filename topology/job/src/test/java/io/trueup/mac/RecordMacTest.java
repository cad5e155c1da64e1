package io.trueup.mac;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.mac.RecordMac.Use;
import io.trueup.mac.RecordMac.Verdict;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class RecordMacTest {

    private static final byte[] OLD = bytes("the-former-secret");
    private static final byte[] NEW = bytes("the-newer-secret!");
    private static final byte[] KEY = bytes("us/3");
    private static final byte[] VALUE = bytes("value");

    private final RecordMac mac = new RecordMac(List.of(OLD), Use.CONTROL);

    @Test
    void shouldAcceptWhatItHasSigned() {
        assertThat(mac.check(KEY, VALUE, signed(mac, KEY, VALUE))).isEqualTo(Verdict.AUTHENTIC);
        assertThat(mac.check(null, VALUE, signed(mac, null, VALUE))).isEqualTo(Verdict.AUTHENTIC);
        assertThat(mac.check(KEY, null, signed(mac, KEY, null))).isEqualTo(Verdict.AUTHENTIC);
    }

    /** Computed here once more by the words of the documentation: other implementations must agree. */
    @Test
    void shouldBeHmacSha256OverKeyAndValueBehindTheirLengthsCutTo16Bytes() throws Exception {
        byte[] input = HexFormat.of().parseHex("00000004" + "75732f33" + "00000005" + "76616c7565");
        byte[] expected = hmac(hmac(OLD, bytes("trueup/mac/control")), input);

        byte[] actual = signed(mac, KEY, VALUE).lastHeader("mac").value();

        assertThat(actual).hasSize(16).isEqualTo(Arrays.copyOf(expected, 16));
    }

    @Test
    void shouldRefuseAnotherKeyAnotherValueAndAnotherBoundaryBetweenThem() {
        Headers headers = signed(mac, KEY, VALUE);

        assertThat(mac.check(bytes("ap/3"), VALUE, headers)).isEqualTo(Verdict.WRONG);
        assertThat(mac.check(KEY, bytes("other"), headers)).isEqualTo(Verdict.WRONG);
        assertThat(mac.check(bytes("us/3v"), bytes("alue"), headers)).isEqualTo(Verdict.WRONG);
        assertThat(mac.check(null, VALUE, signed(mac, new byte[0], VALUE))).isEqualTo(Verdict.WRONG);
    }

    @Test
    void shouldRefuseAMissingAShortenedAndAChangedMac() {
        byte[] valid = signed(mac, KEY, VALUE).lastHeader("mac").value();

        assertThat(mac.check(KEY, VALUE, new RecordHeaders())).isEqualTo(Verdict.MISSING);
        assertThat(mac.check(KEY, VALUE, new RecordHeaders().add("mac", null))).isEqualTo(Verdict.MISSING);
        assertThat(mac.check(KEY, VALUE, new RecordHeaders().add("mac", new byte[0])))
                .isEqualTo(Verdict.WRONG);
        assertThat(mac.check(KEY, VALUE, new RecordHeaders().add("mac", Arrays.copyOf(valid, 15))))
                .isEqualTo(Verdict.WRONG);
        for (int bit = 0; bit < 8 * valid.length; bit++) {
            byte[] changed = valid.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(mac.check(KEY, VALUE, new RecordHeaders().add("mac", changed)))
                    .isEqualTo(Verdict.WRONG);
        }
    }

    @Test
    void shouldRefuseARecordOfAnotherUse() {
        RecordMac ofReports = new RecordMac(List.of(OLD), Use.ROUND_REPORT);

        assertThat(mac.check(KEY, VALUE, signed(ofReports, KEY, VALUE))).isEqualTo(Verdict.WRONG);
    }

    @Test
    void shouldSignWithTheFirstSecretAndAcceptAll() {
        RecordMac before = new RecordMac(List.of(OLD, NEW), Use.CONTROL);
        RecordMac after = new RecordMac(List.of(NEW, OLD), Use.CONTROL);

        assertThat(mac.check(KEY, VALUE, signed(before, KEY, VALUE))).isEqualTo(Verdict.AUTHENTIC);
        assertThat(mac.check(KEY, VALUE, signed(after, KEY, VALUE))).isEqualTo(Verdict.WRONG);
        assertThat(before.check(KEY, VALUE, signed(after, KEY, VALUE))).isEqualTo(Verdict.AUTHENTIC);
        assertThat(after.check(KEY, VALUE, signed(before, KEY, VALUE))).isEqualTo(Verdict.AUTHENTIC);
    }

    @Test
    void shouldGiveTheSameResultOnManyThreads() {
        byte[] expected = signed(mac, KEY, VALUE).lastHeader("mac").value();

        long wrong = IntStream.range(0, 100_000)
                .parallel()
                .filter(i -> {
                    byte[] other = bytes("other " + i);
                    return mac.check(KEY, other, signed(mac, KEY, other)) != Verdict.AUTHENTIC
                            || mac.check(KEY, VALUE, new RecordHeaders().add("mac", expected)) != Verdict.AUTHENTIC;
                })
                .count();

        assertThat(wrong).isZero();
    }

    @Test
    void shouldNeedASecret() {
        assertThatThrownBy(() -> new RecordMac(List.of(), Use.CONTROL)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Headers signed(RecordMac by, byte[] key, byte[] value) {
        Headers headers = new RecordHeaders();
        by.sign(key, value, headers);
        return headers;
    }

    private static byte[] hmac(byte[] key, byte[] input) throws Exception {
        Mac hmac = Mac.getInstance("HmacSHA256");
        hmac.init(new SecretKeySpec(key, "HmacSHA256"));
        return hmac.doFinal(input);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
