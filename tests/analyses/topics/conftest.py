import planted_topics as planted
import pytest

from insights.analyses import topics


@pytest.fixture(scope="session")
def bilingual():
    return planted.feedback(surge=("sync", 14))


@pytest.fixture(scope="session")
def model(bilingual):
    return topics.topic_model(bilingual, params=topics.Params())
