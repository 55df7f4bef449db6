from django.contrib import admin

from students.models import Student


@admin.register(Student)
class StudentAdmin(admin.ModelAdmin):
    list_display = ("name", "age", "sex", "mobile", "classmate", "status")
    list_filter = ("status", "sex")
    # Without it, one query for the classmate of each row.
    list_select_related = ("classmate",)
    # It would count the whole table a second time.
    show_full_result_count = False
    # A select box would load every student there is.
    autocomplete_fields = ("classmate",)
    search_fields = ("name", "mobile")
