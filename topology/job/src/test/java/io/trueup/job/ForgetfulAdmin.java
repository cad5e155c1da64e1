package io.trueup.job;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;

/** An admin client whose brokers do not know one topic for the next descriptions, as one that has not heard of it yet. */
final class ForgetfulAdmin {

    private final String forgotten;
    private final AtomicInteger times;

    private ForgetfulAdmin(String forgotten, int times) {
        this.forgotten = forgotten;
        this.times = new AtomicInteger(times);
    }

    static Admin of(Admin admin, String forgotten, int times) {
        ForgetfulAdmin forgetful = new ForgetfulAdmin(forgotten, times);
        return (Admin) Proxy.newProxyInstance(
                Admin.class.getClassLoader(), new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(admin, arguments);
                        return result instanceof DescribeTopicsResult described
                                        && arguments[0] instanceof Collection<?> topics
                                        && topics.contains(forgotten)
                                ? forgetful.without(described)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private DescribeTopicsResult without(DescribeTopicsResult described) {
        if (times.getAndDecrement() <= 0) {
            return described;
        }
        KafkaFutureImpl<TopicDescription> unknown = new KafkaFutureImpl<>();
        unknown.completeExceptionally(new UnknownTopicOrPartitionException("not heard of"));
        Map<String, KafkaFuture<TopicDescription>> topics = new HashMap<>(described.topicNameValues());
        topics.put(forgotten, unknown);
        return new Described(topics);
    }

    private static final class Described extends DescribeTopicsResult {
        Described(Map<String, KafkaFuture<TopicDescription>> topics) {
            super(null, topics);
        }
    }
}
