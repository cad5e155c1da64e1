package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplicationIdTest {

    private static final Validator DATASET = Rules.dataset();
    private static final Validator REPLICA = Rules.owners();

    private record Names(String dataset, String replica) {}

    @ParameterizedTest
    @CsvSource({
        "shop, eu, trueup-shop-eu",
        "a.b_c, eu_1, trueup-a.b_c-eu_1",
        "a-b, c, trueup-a--b-c",
        "a, b-c, trueup-a-b--c",
        "a-, b, trueup-a---b",
    })
    void shouldKeepNamesApart(String dataset, String replica, String id) {
        assertThat(KafkaProperties.applicationId(dataset, replica)).isEqualTo(id);
    }

    /** Short names of few characters: many of them are equal when they are joined. */
    @Property
    void shouldDifferForDifferentApplications(@ForAll("names") List<Names> all) {
        Map<String, Names> byId = new HashMap<>();
        for (Names names : all) {
            DATASET.ensureValid("dataset", names.dataset());
            REPLICA.ensureValid("replica", List.of(names.replica()));
            Names other = byId.put(KafkaProperties.applicationId(names.dataset(), names.replica()), names);
            assertThat(other == null || other.equals(names))
                    .as("%s and %s have the same id", names, other)
                    .isTrue();
        }
    }

    @Provide
    Arbitrary<List<Names>> names() {
        Arbitrary<String> datasets = name("a", "a-._", 5);
        Arbitrary<String> replicas = name("a", "a-_", 4);
        return Combinators.combine(datasets, replicas)
                .as(Names::new)
                .list()
                .ofMinSize(50)
                .ofMaxSize(200);
    }

    private static Arbitrary<String> name(String first, String others, int maxOthers) {
        return Combinators.combine(
                        Arbitraries.strings().withChars(first.toCharArray()).ofLength(1),
                        Arbitraries.strings()
                                .withChars(others.toCharArray())
                                .ofMinLength(0)
                                .ofMaxLength(maxOthers))
                .as(String::concat);
    }
}
