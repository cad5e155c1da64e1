package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttachCommandTest {

    @ParameterizedTest
    @CsvSource({
        "orders.eu, orders.us, orders",
        "shop.orders.eu, shop.orders.us, shop.orders",
        "eu.orders, us.orders, orders",
        "orders, backup.orders, orders",
        "eu.shop.orders, us.shop.orders, shop.orders",
        "orders, copies, orders",
        "orders, orders, orders",
        "orders-eu, orders-us, orders-eu",
    })
    void shouldNameTheDatasetAfterWhatTheTopicsHaveInCommon(String a, String b, String dataset) {
        assertThat(AttachCommand.datasetOf(List.of(a, b))).isEqualTo(dataset);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--bootstrap-server localhost:1 --replica eu=a | Name at least two replicas",
                "--bootstrap-server localhost:1 --replica eu=a --replica eu=b | eu is named twice",
                "--bootstrap-server localhost:1 --replica eu --replica us=b | 'eu' is not NAME=TOPIC",
                "--replica eu=a --replica us=b | Give the brokers of the topics",
                "--bootstrap-server localhost:1 --replica eu=a --replica us=b --source ap | no replica ap among [eu, us]",
                "--bootstrap-server localhost:1 --replica eu=a --replica us=b --sample 0 | --sample: use a number from 1 up",
                "--bootstrap-server localhost:1 --replica EU=a --replica us=b | 'EU'",
                "--bootstrap-server localhost:1 --replica eu=a/b --replica us=b | not a topic name",
                "--bootstrap-server localhost --replica eu=a --replica us=b | not of the form host:port",
                "--bootstrap-server localhost:1 --replica eu=a --replica us=b --command-config /none | --command-config: /none does not exist",
            })
    void shouldRefuseWhatCannotBeUsedBeforeItConnects(String line) {
        String[] parts = line.split(" \\| ", -1);

        Invocation attach = Invocation.of(("attach " + parts[0]).split(" ", -1));

        assertThat(attach.exitCode()).isEqualTo(2);
        assertThat(attach.err()).contains(parts[1]);
    }
}
