"""A Django REST framework app in one file: the table of rows.json under each of the framework's paginations.

python3 drf_app.py PORT, in the directory that holds rows.json; the database is made there.
"""

import json
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of a test",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "rows.db"}},
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 (Django's models need its settings)
from django.db import connection, models  # noqa: E402
from rest_framework import pagination, routers, serializers, viewsets  # noqa: E402


class Item(models.Model):
    id = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    note = models.TextField(null=True)
    score = models.FloatField()
    total = models.BigIntegerField()

    class Meta:
        app_label = "rows"


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["id", "name", "note", "score", "total"]


class Paged(pagination.PageNumberPagination):
    page_size = 40
    page_size_query_param = "page_size"


class Sliced(pagination.LimitOffsetPagination):
    default_limit = 40
    max_limit = 100


class Cursored(pagination.CursorPagination):
    page_size = 40
    page_size_query_param = "page_size"
    ordering = "id"


router = routers.SimpleRouter()
for name, style in {"paged": Paged, "sliced": Sliced, "cursored": Cursored}.items():
    attributes = {
        "queryset": Item.objects.order_by("id"),
        "serializer_class": ItemSerializer,
        "pagination_class": style,
    }
    router.register(name, type(name, (viewsets.ModelViewSet,), attributes), basename=name)
urlpatterns = router.urls


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Item)
    with open("rows.json", encoding="utf-8") as file:
        Item.objects.bulk_create(Item(**row) for row in json.load(file)["items"])
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server).serve_forever()
