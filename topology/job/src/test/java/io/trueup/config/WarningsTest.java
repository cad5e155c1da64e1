package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WarningsTest {

    @Test
    void shouldNotWarnAboutTheDefaults() {
        assertThat(Example.config().warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replicas=eu,us; resolution=majority | resolution=majority with two replicas",
                "placement=explicit | every replica owns every partition",
                "placement=explicit; placement.partition.2=us | placement.partition.2 = us: one owner",
                "control.topic=out; control.topics=in | do not receive messages from each other",
                "resolution=primary:eu; replica.eu.role=source; replica.eu.repairs.topic=x | replica.eu.repairs.topic has no effect",
                "replica.us.writes.format=plain; replica.us.repairs.format=plain | must have the repair's header trueup.version",
                "hosted.replicas=eu; replica.us.writes.topic=shop.writes.eu | right only if the replicas are in different clusters",
            })
    void shouldWarnAboutWhatIsProbablyNotMeant(String changes, String warning) {
        assertThat(new Example().changed(changes).load().warnings())
                .singleElement()
                .asString()
                .contains(warning);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replica.us.writes.format=plain",
                "replica.us.repairs.format=plain",
                "replica.us.writes.format=plain; replica.us.repairs.format=plain; compare=value; resolution=primary:eu",
                "replica.eu.writes.format=plain; replica.eu.repairs.format=plain; resolution=primary:eu; replica.eu.role=source",
            })
    void shouldNotWarnAboutPlainFormatsThatDoNotRepairEachOther(String changes) {
        assertThat(new Example().changed(changes).load().warnings()).isEmpty();
    }

    @Test
    void shouldAllowSeparateControlTopicsWhereOneReplicaIsHosted() {
        assertThat(new Example()
                        .changed("hosted.replicas=eu; control.topic=eu.control; control.topics=us.control,ap.control")
                        .load()
                        .warnings())
                .isEmpty();
    }
}
