package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class EntryCodecTest {

    @Property
    void shouldReadBackEveryEntry(@ForAll("entries") Entry entry) {
        Entry decoded = EntryCodec.decode(EntryCodec.encode(entry));

        assertThat(decoded).usingRecursiveComparison().isEqualTo(entry);
    }

    @Example
    void shouldTakeFewBytesBesidesTheKeyWhenTimesAreClose() {
        long now = 1_790_000_000_000L;
        Entry entry = new Entry(
                new byte[20], now, now, now, now + 15, Entry.NEVER, false, false, new Hash128(1, 2), 1_000_000);

        assertThat(EntryCodec.encode(entry)).hasSizeLessThanOrEqualTo(20 + 36);
    }

    @Example
    void shouldNameTheFormatWhenAnEntryWasWrittenByAnotherVersion() {
        assertThatThrownBy(() -> EntryCodec.decode(new byte[] {9, 0}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("format 9");
    }

    @Provide
    Arbitrary<Entry> entries() {
        Arbitrary<byte[]> keys = Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
        Arbitrary<Long> times = Arbitraries.longs();
        Arbitrary<Hash128> digests =
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Hash128::new);
        Arbitrary<Long> expiries = Arbitraries.oneOf(Arbitraries.just(Entry.NEVER), Arbitraries.longs());
        Arbitrary<Integer> flags = Arbitraries.integers().between(0, 3);
        return Combinators.combine(keys, times, times, times, times, expiries, digests.optional(0.5), flags)
                .as((key, version, position, effective, append, expiry, digest, bits) -> new Entry(
                        key,
                        version,
                        position,
                        effective,
                        append,
                        expiry,
                        (bits & 1) != 0,
                        (bits & 2) != 0,
                        digest.orElse(Hash128.ZERO),
                        append ^ version));
    }
}
